import InfoldKernelInterface

/// Attention, some rows of the scores at a time, which stay in a cache until they are multiplied with the values. Keys and values are packed
/// in a first phase.
struct AttentionStep: Step {
  /// Where the matrices of one product lie, from the beginning of each operand.
  struct Product {
    var query, key, value, mask, output: Int
  }

  /// The distances between neighbours in a matrix.
  struct Strides {
    var row, column: Int
  }

  var kernels: any KernelSet.Type
  var products: [Product]
  /// The rows of a query.
  var rows: Int
  /// The columns of a query.
  var inner: Int
  /// The scores of a row.
  var keys: Int
  /// The columns of the result.
  var columns: Int
  /// Each with the distances between rows and columns; those of query, output and mask lie one behind the other in a row.
  var query, key, value, output: (place: Location, strides: Strides)
  var mask: (place: Location, rowStride: Int)?
  /// One number by which scores are multiplied.
  var scale: Location?
  /// Memory for the packed keys and values.
  var panels: Location

  var phases: Int { 2 }

  /// The rows whose scores are computed at a time: some hundred kilobytes, and enough to use what is packed.
  private var blockRows: Int { min(rows, max(16, (1 << 15) / keys)) }

  private var productScratch: Int {
    let bytes = [inner, keys].map { kernels.convolutionScratch(taps: 1, channels: $0) }.max()!
    return (bytes + 63) / 64 * 64
  }

  var scratchByteCount: Int { productScratch + blockRows * keys * MemoryLayout<Float>.stride }

  /// The floats of one packed key, and of one packed value.
  private var packedKey: Int { kernels.packedCount(rows: inner, columns: keys) }
  private var packedValue: Int { kernels.packedCount(rows: keys, columns: columns) }

  private func units(_ phase: Int) -> Int { products.count * (phase == 0 ? 2 : rows) }

  func tasks(phase: Int, workers: Int) -> Int {
    guard workers > 1, products.count * rows * keys * (inner + columns) > 1 << 17 else { return 1 }
    return min(2 * workers, units(phase))
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    var rest = (0..<units(phase)).part(task, of: count)
    if phase == 0 {
      for unit in rest { unit % 2 == 0 ? packKey(unit / 2, in: frame) : packValue(unit / 2, in: frame) }
      return
    }
    while !rest.isEmpty {
      let index = rest.lowerBound / rows
      let end = min(rest.upperBound, (index + 1) * rows, rest.lowerBound + blockRows)
      attend((rest.lowerBound - index * rows)..<(end - index * rows), of: index, worker, in: frame)
      rest = end..<rest.upperBound
    }
  }

  private func packKey(_ index: Int, in frame: Frame) {
    pack(
      frame.pointer(key.place) + products[index].key, key.strides, rows: inner, columns: keys,
      into: frame.pointer(panels) + index * (packedKey + packedValue))
  }

  private func packValue(_ index: Int, in frame: Frame) {
    pack(
      frame.pointer(value.place) + products[index].value, value.strides, rows: keys, columns: columns,
      into: frame.pointer(panels) + index * (packedKey + packedValue) + packedKey)
  }

  private func pack(
    _ source: UnsafePointer<Float>, _ strides: Strides, rows: Int, columns: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    kernels.pack(
      PackArguments(
        source: source, taps: 1, channels: rows, tapStride: 0, channelStride: strides.row, columnStride: strides.column,
        columnCount: columns, columns: 0..<columns, packed: packed))
  }

  private func attend(_ rows: Range<Int>, of index: Int, _ worker: Int, in frame: Frame) {
    let product = products[index], first = rows.lowerBound, count = rows.count
    let scratch = frame.scratch(of: worker)
    let scores = (scratch + productScratch).assumingMemoryBound(to: Float.self)
    let packed = frame.pointer(panels) + index * (packedKey + packedValue)
    multiply(
      frame.pointer(query.place) + product.query + first * query.strides.row, query.strides.row, count, inner, packed,
      into: scores, keys, columns: keys, scratch)
    let shape = ElementwiseShape(pixels: count, channels: keys)
    func combine(_ function: BinaryFunction, with operand: ElementwiseInput) {
      kernels.binary(
        BinaryArguments(
          function, activation: .identity, shape: shape, left: ElementwiseInput(scores, like: shape), right: operand,
          output: ElementwiseOutput(scores, like: shape)), pixels: 0..<count)
    }
    if let scale { combine(.multiply, with: ElementwiseInput(scalar: frame.pointer(scale))) }
    if let mask {
      let row = frame.pointer(mask.place) + product.mask + first * mask.rowStride
      combine(
        .add, with: ElementwiseInput(row, imageStride: 0, pixelStride: mask.rowStride, channelStride: 1))
    }
    kernels.softmax(SoftmaxArguments(input: scores, output: scores, rows: count, columns: keys), rows: 0..<count)
    multiply(
      scores, keys, count, keys, packed + packedKey,
      into: frame.pointer(output.place) + product.output + first * output.strides.row, output.strides.row,
      columns: columns, scratch)
  }

  /// The product of some rows with a packed matrix.
  private func multiply(
    _ left: UnsafePointer<Float>, _ leftStride: Int, _ rows: Int, _ inner: Int, _ packed: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, _ resultStride: Int, columns: Int, _ scratch: UnsafeMutableRawPointer
  ) {
    kernels.convolve(
      ConvolutionArguments(
        window: ImageWindow(height: 1, width: 1),
        input: InputImages(base: left, count: 1, height: 1, width: rows, channels: inner, pixelStride: leftStride),
        weights: packed,
        output: OutputImages(
          base: result, count: 1, height: 1, width: rows, channels: columns, pixelStride: resultStride),
        epilogue: Epilogue(), pixels: 0..<rows, columns: 0..<columns, scratch: scratch))
  }
}
