import InfoldKernelInterface

// Processes function by function, row by row. Each loop over whole vectors keeps many of them in
// flight, unlike one loop over all gates. The results are in the first-level cache when the next
// loop reads them.
extension Kernels {
  @inline(never)
  public static func memoryGates(_ arguments: MemoryGateArguments, rows: Range<Int>) {
    let (size, distance) = (arguments.size, arguments.gateDistance)
    for row in rows {
      let input = arguments.gates + row * arguments.gateStride
      let (output, forget, candidate) = (input + distance, input + 2 * distance, input + 3 * distance)
      let cell = arguments.cell + row * arguments.cellStride
      let result = arguments.result + row * arguments.resultStride
      gates(3, from: input, size, distance).sigmoids()
      FunctionRows(inPlace: candidate, columns: size).tangents()
      forEachVector(of: size) { column, count in
        let added = Vector(at: input + column, count: count) * Vector(at: candidate + column, count: count)
        let kept = Vector(at: forget + column, count: count) * Vector(at: cell + column, count: count)
        (kept + added).store(at: cell + column, count: count)
      }
      FunctionRows(cell, stride: 0, to: candidate, stride: 0, rows: 1, columns: size).tangents()
      forEachVector(of: size) { column, count in
        let product = Vector(at: output + column, count: count) * Vector(at: candidate + column, count: count)
        product.store(at: result + column, count: count)
      }
    }
  }

  @inline(never)
  public static func updateGates(_ arguments: UpdateGateArguments, rows: Range<Int>) {
    let (size, distance) = (arguments.size, arguments.gateDistance)
    for row in rows {
      let update = arguments.gates + row * arguments.gateStride
      let (reset, candidate) = (update + distance, update + 2 * distance)
      let hidden = arguments.hidden + row * arguments.hiddenStride
      let result = arguments.result + row * arguments.resultStride
      if let products = arguments.products.map({ $0 + row * arguments.productStride }) {
        let both = gates(2, from: update, size, distance)
        both.add(products, stride: distance)
        both.sigmoids()
        forEachVector(of: size) { column, count in
          let product = Vector(at: products + 2 &* distance + column, count: count)
          let added = Vector(at: reset + column, count: count) * product
          (Vector(at: candidate + column, count: count) + added).store(at: candidate + column, count: count)
        }
      } else {
        FunctionRows(inPlace: update, columns: size).sigmoids()
      }
      FunctionRows(inPlace: candidate, columns: size).tangents()
      forEachVector(of: size) { column, count in
        let gate = Vector(at: update + column, count: count)
        let added = (Vector(repeating: 1) - gate) * Vector(at: candidate + column, count: count)
        (added + gate * Vector(at: hidden + column, count: count)).store(at: result + column, count: count)
      }
    }
  }

  /// Returns the gates of a row.
  @inline(__always)
  private static func gates(
    _ count: Int, from place: UnsafeMutablePointer<Float>, _ size: Int, _ distance: Int
  ) -> FunctionRows {
    distance == size
      ? FunctionRows(inPlace: place, columns: count * size)
      : FunctionRows(inPlace: place, stride: distance, rows: count, columns: size)
  }
}
