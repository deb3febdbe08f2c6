import InfoldKernelInterface

/// Attention, computed for some rows of scores at a time, which stay in a cache until they are
/// multiplied by the values. The first phase packs keys and values.
struct AttentionStep: Step {
  /// The offsets of one product's matrices in each operand.
  struct Product {
    var query, key, value, mask, output: Int
  }

  /// The distances between adjacent elements of a matrix.
  struct Strides {
    var row, column: Int
  }

  /// The kernels for what is not a product.
  var kernels: any KernelSet.Type
  var products: [Product]
  /// The number of rows of a query.
  var rows: Int
  /// The sizes of a key, and how it is packed and multiplied with. Its columns are the scores of a row.
  var keySide: VariableRightSide
  /// The sizes of a value, and how it is packed and multiplied with. Its columns are those of the
  /// result.
  var valueSide: VariableRightSide
  /// The operands, each with its row and column strides. The columns of query, output and mask are
  /// contiguous.
  var query, key, value, output: (place: Location, strides: Strides)
  var mask: (place: Location, rowStride: Int)?
  /// A scalar that multiplies the scores.
  var scale: Location?
  /// Memory for the packed keys and values.
  var panels: Location

  var phases: Int { 2 }

  /// The number of scores per row.
  private var keys: Int { keySide.columns }
  private var tileRows: Int { keySide.tileRows }

  /// The number of rows whose scores are computed at a time. The scores take a few hundred
  /// kilobytes, and there are enough rows to reuse what is packed.
  private var blockRows: Int { min(rows, max(16, tileRows, (1 << 15) / keys / tileRows * tileRows)) }

  private var productScratch: Int {
    (max(keySide.scratchByteCount, valueSide.scratchByteCount) + 63) / 64 * 64
  }

  var scratchByteCount: Int { productScratch + blockRows * keys * MemoryLayout<Float>.stride }

  /// The size of one packed key with its packed value, in floats.
  private var packedCount: Int { keySide.packedCount + valueSide.packedCount }

  /// Returns the number of work units of a phase for one product: panels in the first phase, tiles of
  /// rows in the second.
  private func unitsOfOne(_ phase: Int) -> Int {
    phase == 0 ? keySide.panels + valueSide.panels : (rows + tileRows - 1) / tileRows
  }

  private func units(_ phase: Int) -> Int { products.count * unitsOfOne(phase) }

  func tasks(phase: Int, workers: Int) -> Int {
    let sharing = keySide.threads(
      multiplications: products.count * rows * keys * (keySide.inner + valueSide.columns), workers: workers)
    return sharing > 1 ? min(2 * sharing, units(phase)) : 1
  }

  /// Packing a panel counts as much as multiplying several rows by it.
  func work(phase: Int, task: Int, of count: Int) -> Int {
    (0..<units(phase)).part(task, of: count).count
      * (phase == 0 ? keySide.panelWidth * VariableProductStep.packingRows : 2 * keys * tileRows)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    let unitsOfOne = unitsOfOne(phase)
    var rest = (0..<units(phase)).part(task, of: count)
    while !rest.isEmpty {
      let index = rest.lowerBound / unitsOfOne
      let end = min(rest.upperBound, (index + 1) * unitsOfOne)
      let part = (rest.lowerBound - index * unitsOfOne)..<(end - index * unitsOfOne)
      if phase == 0 {
        pack(part, of: index, in: state)
      } else {
        var rows = part.scaled(by: tileRows, to: rows)
        while !rows.isEmpty {
          let last = min(rows.lowerBound + blockRows, rows.upperBound)
          attend(rows.lowerBound..<last, of: index, worker, in: state)
          rows = last..<rows.upperBound
        }
      }
      rest = end..<rest.upperBound
    }
  }

  private func keyMatrix(_ index: Int, in state: RunState) -> StridedMatrix {
    StridedMatrix(state.pointer(key.place) + products[index].key, key.strides)
  }

  private func valueMatrix(_ index: Int, in state: RunState) -> StridedMatrix {
    StridedMatrix(state.pointer(value.place) + products[index].value, value.strides)
  }

  private func packedKey(_ index: Int, in state: RunState) -> UnsafeMutablePointer<Float> {
    state.pointer(panels) + index * packedCount
  }

  private func packedValue(_ index: Int, in state: RunState) -> UnsafeMutablePointer<Float> {
    packedKey(index, in: state) + keySide.packedCount
  }

  /// Packs some panels: first those of the key, then those of the value.
  private func pack(_ panels: Range<Int>, of index: Int, in state: RunState) {
    for panel in panels {
      if panel < keySide.panels {
        keySide.pack(panel, of: keyMatrix(index, in: state), into: packedKey(index, in: state))
      } else {
        valueSide.pack(
          panel - keySide.panels, of: valueMatrix(index, in: state), into: packedValue(index, in: state))
      }
    }
  }

  private func attend(_ rows: Range<Int>, of index: Int, _ worker: Int, in state: RunState) {
    let product = products[index], first = rows.lowerBound, count = rows.count
    let scratch = state.scratch(of: worker)
    let scores = (scratch + productScratch).assumingMemoryBound(to: Float.self)
    let scoreMatrix = StridedMatrix(base: scores, rowStride: keys)
    keySide.multiply(
      StridedMatrix(state.pointer(query.place) + product.query + first * query.strides.row, query.strides),
      by: packedKey(index, in: state), of: keyMatrix(index, in: state), into: scoreMatrix, rows: 0..<count,
      scratch: scratch)
    let shape = ElementwiseShape(pixels: count, channels: keys)
    func combine(_ function: BinaryFunction, with operand: ElementwiseInput) {
      kernels.binary(
        BinaryArguments(
          function, activation: .identity, shape: shape, left: ElementwiseInput(scores, like: shape), right: operand,
          output: ElementwiseOutput(scores, like: shape)), pixels: 0..<count)
    }
    if let scale { combine(.multiply, with: ElementwiseInput(scalar: state.pointer(scale))) }
    if let mask {
      let row = state.pointer(mask.place) + product.mask + first * mask.rowStride
      combine(
        .add, with: ElementwiseInput(row, imageStride: 0, pixelStride: mask.rowStride, channelStride: 1))
    }
    kernels.softmax(SoftmaxArguments(input: scores, output: scores, rows: count, columns: keys), rows: 0..<count)
    valueSide.multiply(
      scoreMatrix, by: packedValue(index, in: state), of: valueMatrix(index, in: state),
      into: StridedMatrix(
        state.pointer(output.place) + product.output + first * output.strides.row, output.strides), rows: 0..<count,
      scratch: scratch)
  }
}

extension StridedMatrix {
  fileprivate init(_ base: UnsafeMutablePointer<Float>, _ strides: AttentionStep.Strides) {
    self.init(base: base, rowStride: strides.row, columnStride: strides.column)
  }
}
