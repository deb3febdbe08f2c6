import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func memoryGates(_ arguments: MemoryGateArguments, rows: Range<Int>) {
    let size = arguments.size
    for row in rows {
      let gates = arguments.gates + row * arguments.gateStride
      let cell = arguments.cell + row * arguments.cellStride
      let result = arguments.result + row * arguments.resultStride
      forEachVector(of: size) { column, count in
        let gate = gates + column
        let input = gateSigmoid(Vector(at: gate, count: count))
        let candidate = gateTangent(Vector(at: gate + 3 &* size, count: count))
        let forget = gateSigmoid(Vector(at: gate + 2 &* size, count: count))
        let before = Vector(at: cell + column, count: count)
        let behind = Vector.multiplyAdd(forget, before, input * candidate)
        behind.store(at: cell + column, count: count)
        let output = gateSigmoid(Vector(at: gate + size, count: count))
        (output * gateTangent(behind)).store(at: result + column, count: count)
      }
    }
  }

  @inline(never)
  public static func updateGates(_ arguments: UpdateGateArguments, rows: Range<Int>) {
    let size = arguments.size
    for row in rows {
      let gates = arguments.gates + row * arguments.gateStride
      let hidden = arguments.hidden + row * arguments.hiddenStride
      let result = arguments.result + row * arguments.resultStride
      let products = arguments.products.map { $0 + row * arguments.productStride }
      forEachVector(of: size) { column, count in
        let gate = gates + column
        var update = Vector(at: gate, count: count)
        var candidate = Vector(at: gate + 2 &* size, count: count)
        if let products {
          let product = products + column
          update += Vector(at: product, count: count)
          let reset = Vector(at: gate + size, count: count) + Vector(at: product + size, count: count)
          candidate = Vector.multiplyAdd(
            gateSigmoid(reset), Vector(at: product + 2 &* size, count: count), candidate)
        }
        update = gateSigmoid(update)
        let kept = update * Vector(at: hidden + column, count: count)
        let added = (Vector(repeating: 1) - update) * gateTangent(candidate)
        (added + kept).store(at: result + column, count: count)
      }
    }
  }
}

// Functions of their own: the optimizer would take a loop with several of them apart into lanes.
@inline(never) private func gateSigmoid(_ x: Vector) -> Vector { sigmoid(x) }
@inline(never) private func gateTangent(_ x: Vector) -> Vector { hyperbolicTangent(x) }
