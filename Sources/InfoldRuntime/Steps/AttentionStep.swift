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

  var kernels: any KernelSet.Type
  var products: [Product]
  /// The number of rows of a query.
  var rows: Int
  /// The number of columns of a query.
  var inner: Int
  /// The number of scores per row.
  var keys: Int
  /// The number of columns of the result.
  var columns: Int
  /// The operands, each with its row and column strides. The columns of query, output and mask are
  /// contiguous.
  var query, key, value, output: (place: Location, strides: Strides)
  var mask: (place: Location, rowStride: Int)?
  /// A scalar that multiplies the scores.
  var scale: Location?
  /// Memory for the packed keys and values.
  var panels: Location

  var phases: Int { 2 }

  /// The number of rows whose scores are computed at a time. The scores take a few hundred
  /// kilobytes, and there are enough rows to reuse what is packed.
  private var blockRows: Int { min(rows, max(16, (1 << 15) / keys)) }

  private var productScratch: Int {
    let bytes = [inner, keys].map { kernels.convolutionScratch(taps: 1, channels: $0) }.max()!
    return (bytes + 63) / 64 * 64
  }

  var scratchByteCount: Int { productScratch + blockRows * keys * MemoryLayout<Float>.stride }

  /// The size of one packed key, and of one packed value, in floats.
  private var packedKey: Int { kernels.packedCount(rows: inner, columns: keys) }
  private var packedValue: Int { kernels.packedCount(rows: keys, columns: columns) }

  private var keyPanels: Int { packedKey / (kernels.panelWidth * inner) }
  private var valuePanels: Int { packedValue / (kernels.panelWidth * keys) }

  /// Returns the number of work units of a phase: panels in the first phase, rows in the second.
  private func units(_ phase: Int) -> Int { products.count * (phase == 0 ? keyPanels + valuePanels : rows) }

  func tasks(phase: Int, workers: Int) -> Int {
    let sharing = ThreadHeuristic.count(
      multiplications: products.count * rows * keys * (inner + columns), workers: workers)
    return sharing > 1 ? min(2 * sharing, units(phase)) : 1
  }

  /// Packing a panel counts as much as multiplying several rows by it.
  func work(phase: Int, task: Int, of count: Int) -> Int {
    (0..<units(phase)).part(task, of: count).count
      * (phase == 0 ? kernels.panelWidth * VariableProductStep.packingRows : 2 * keys)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    var rest = (0..<units(phase)).part(task, of: count)
    if phase == 0 {
      for unit in rest {
        let (index, panel) = unit.quotientAndRemainder(dividingBy: keyPanels + valuePanels)
        if panel < keyPanels {
          packKey(panel, of: index, in: state)
        } else {
          packValue(panel - keyPanels, of: index, in: state)
        }
      }
      return
    }
    while !rest.isEmpty {
      let index = rest.lowerBound / rows
      let end = min(rest.upperBound, (index + 1) * rows, rest.lowerBound + blockRows)
      attend((rest.lowerBound - index * rows)..<(end - index * rows), of: index, worker, in: state)
      rest = end..<rest.upperBound
    }
  }

  private func packKey(_ panel: Int, of index: Int, in state: RunState) {
    pack(
      panel, of: state.pointer(key.place) + products[index].key, key.strides, rows: inner, columns: keys,
      into: state.pointer(panels) + index * (packedKey + packedValue))
  }

  private func packValue(_ panel: Int, of index: Int, in state: RunState) {
    pack(
      panel, of: state.pointer(value.place) + products[index].value, value.strides, rows: keys, columns: columns,
      into: state.pointer(panels) + index * (packedKey + packedValue) + packedKey)
  }

  private func pack(
    _ panel: Int, of matrix: UnsafePointer<Float>, _ strides: Strides, rows: Int, columns: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let first = panel * kernels.panelWidth
    kernels.pack(
      matrix, rowStride: strides.row, columnStride: strides.column, rows: rows, columnCount: columns,
      columns: first..<min(first + kernels.panelWidth, columns), into: packed)
  }

  private func attend(_ rows: Range<Int>, of index: Int, _ worker: Int, in state: RunState) {
    let product = products[index], first = rows.lowerBound, count = rows.count
    let scratch = state.scratch(of: worker)
    let scores = (scratch + productScratch).assumingMemoryBound(to: Float.self)
    let packed = state.pointer(panels) + index * (packedKey + packedValue)
    kernels.multiply(
      state.pointer(query.place) + product.query + first * query.strides.row, rowStride: query.strides.row,
      inner: inner, by: packed, into: scores, rowStride: keys, columns: keys, rows: 0..<count, scratch: scratch)
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
    kernels.multiply(
      scores, rowStride: keys, inner: keys, by: packed + packedKey,
      into: state.pointer(output.place) + product.output + first * output.strides.row, rowStride: output.strides.row,
      columns: columns, rows: 0..<count, scratch: scratch)
  }
}
