import InfoldKernelInterface

/// The right side of matrix products that is computed at run time. It is packed once in a run, by
/// any number of threads, and then multiplied with.
///
/// Elements that a matrix unit cannot compute from split factors are computed from float32 numbers:
/// those of rows of the left side, and of panels of the right side, with a number that must not be
/// split. This depends only on these rows and panels, not on the division of work.
struct VariableRightSide: Sendable {
  /// The kernels for products of float32 numbers.
  let kernels: any KernelSet.Type
  /// The matrix unit that multiplies; `nil` for products of float32 numbers.
  let unit: MatrixUnit?
  /// The number of rows, which is the number of products per result.
  let inner: Int
  let columns: Int

  /// The columns of a panel.
  var panelWidth: Int { unit?.kernels.panelWidth ?? kernels.panelWidth }
  var panels: Int { (columns + panelWidth - 1) / panelWidth }

  /// The number of rows of a result that a thread takes at least, for whole tiles.
  var tileRows: Int { unit == nil ? 1 : 32 }

  /// The size of the packed panels, in floats.
  private var panelsCount: Int {
    guard let unit else { return kernels.packedCount(rows: inner, columns: columns) }
    return unit.kernels.packedCount(unit.factors, taps: 1, channels: inner, columns: columns)
  }

  /// The size of what is packed, in floats: a multiple of 64 bytes for a matrix unit. Split panels are
  /// followed by a flag for each: 1 if its numbers can be split.
  var packedCount: Int {
    unit?.factors == .split ? panelsCount + (panels + 15) / 16 * 16 : panelsCount
  }

  /// The memory in bytes for one call of a kernel.
  private var kernelScratch: Int {
    let vectors = kernels.convolutionScratch(taps: 1, channels: inner)
    guard let unit else { return vectors }
    let bytes = max(vectors, unit.kernels.convolutionScratch(unit.factors, taps: 1, channels: inner))
    return (bytes + 63) / 64 * 64
  }

  /// The scratch memory in bytes that a thread needs for `multiply`.
  var scratchByteCount: Int {
    guard unit?.factors == .split else { return kernelScratch }
    return kernelScratch + kernels.packedCount(rows: inner, columns: panelWidth) * MemoryLayout<Float>.stride
  }

  /// Returns how many threads are worth using for products with the right side.
  func threads(multiplications: Int, workers: Int) -> Int {
    ThreadHeuristic.count(work: multiplications >> (unit == nil ? 16 : 18), workers: workers)
  }

  /// Packs one panel of a right side.
  func pack(_ panel: Int, of matrix: StridedMatrix, into packed: UnsafeMutablePointer<Float>) {
    let arguments = packArguments(panel, of: matrix, into: packed)
    guard let unit else { return kernels.pack(arguments) }
    let isSuitable = unit.kernels.pack(arguments, unit.factors)
    if unit.factors == .split { packed[panelsCount + panel] = isSuitable ? 1 : 0 }
  }

  private func packArguments(
    _ panel: Int, of matrix: StridedMatrix, into packed: UnsafeMutablePointer<Float>
  ) -> PackArguments {
    PackArguments(
      source: matrix.base, taps: 1, channels: inner, tapStride: 0, channelStride: matrix.rowStride,
      columnStride: matrix.columnStride, columnCount: columns, columns: columns(of: panel), packed: packed)
  }

  private func columns(of panel: Int) -> Range<Int> { (panel..<panel + 1).scaled(by: panelWidth, to: columns) }

  /// Computes some rows of a product.
  ///
  /// - Parameters:
  ///   - left: The left side, whose columns are contiguous.
  ///   - packed: The packed right side.
  ///   - right: The right side.
  ///   - result: The product, whose columns are contiguous.
  ///   - scratch: Memory of `scratchByteCount` bytes, aligned to 64 bytes.
  func multiply(
    _ left: StridedMatrix, by packed: UnsafePointer<Float>, of right: StridedMatrix, into result: StridedMatrix,
    rows: Range<Int>, scratch: UnsafeMutableRawPointer
  ) {
    var arguments = ConvolutionArguments(
      product: left.base, rowStride: left.rowStride, inner: inner, by: packed, into: result.base,
      rowStride: result.rowStride, columns: columns, rows: rows, scratch: scratch)
    guard let unit else { return kernels.convolve(arguments) }
    let limit = unit.kernels.positionLimit(unit.factors, taps: 1, channels: inner)
    var first = rows.lowerBound
    while first < rows.upperBound {
      arguments.pixels = first..<min(first + limit, rows.upperBound)
      let skipped = unit.kernels.convolve(arguments, unit.factors)
      if unit.factors == .split { multiplyDirectly(arguments, skipped, of: right) }
      first = arguments.pixels.upperBound
    }
  }

  /// Computes what a matrix unit could not from float32 numbers: the rows whose bit is set in
  /// `skipped`, and all rows in panels that cannot be split.
  private func multiplyDirectly(_ whole: ConvolutionArguments, _ skipped: UInt64, of right: StridedMatrix) {
    for panel in 0..<panels where skipped != 0 || whole.weights[panelsCount + panel] == 0 {
      let columns = columns(of: panel)
      let panelMemory = (whole.scratch + kernelScratch).assumingMemoryBound(to: Float.self)
      var arguments = packArguments(panel, of: right, into: panelMemory)
      arguments.source += columns.lowerBound * right.columnStride
      (arguments.columnCount, arguments.columns) = (columns.count, 0..<columns.count)
      kernels.pack(arguments)
      var part = whole
      (part.weights, part.columns) = (UnsafePointer(panelMemory), 0..<columns.count)
      part.output.base += columns.lowerBound
      part.output.channels = columns.count
      if whole.weights[panelsCount + panel] == 0 {
        kernels.convolve(part)
        continue
      }
      for index in 0..<whole.pixels.count where skipped >> UInt64(index) & 1 == 1 {
        let row = whole.pixels.lowerBound + index
        part.pixels = row..<row + 1
        kernels.convolve(part)
      }
    }
  }
}

/// A matrix in memory, with the distances between adjacent elements.
struct StridedMatrix {
  var base: UnsafeMutablePointer<Float>
  var rowStride: Int
  var columnStride = 1
}
