import InfoldKernelInterface

/// Products of matrices that are both computed at run time. The first phase packs the right sides.
struct VariableProductStep: Step {
  var kernels: any KernelSet.Type
  /// The left and the right side of each product, as indices.
  var products: [(left: Int, right: Int)]
  /// The number of right sides.
  var rightBatch: Int
  var rows: Int
  var inner: Int
  var columns: Int
  var left: Location
  var right: Location
  /// Whether the right sides are stored column by column.
  var isRightTransposed = false
  /// Memory for the packed right sides.
  var panels: Location
  var output: Location

  var phases: Int { 2 }

  var scratchByteCount: Int { kernels.convolutionScratch(taps: 1, channels: inner) }

  private var panelCount: Int { (columns + kernels.panelWidth - 1) / kernels.panelWidth }
  private var packedCount: Int { kernels.packedCount(rows: inner, columns: columns) }

  /// Returns the number of work units of a phase.
  private func units(_ phase: Int) -> Int { phase == 0 ? rightBatch * panelCount : products.count * rows }

  func tasks(phase: Int, workers: Int) -> Int {
    let sharing = ThreadHeuristic.count(multiplications: products.count * rows * inner * columns, workers: workers)
    return sharing > 1 ? min(2 * sharing, units(phase)) : 1
  }

  /// Packing a column counts as much as multiplying several rows by it.
  func work(phase: Int, task: Int, of count: Int) -> Int {
    (0..<units(phase)).part(task, of: count).count * (phase == 0 ? kernels.panelWidth * Self.packingRows : columns)
  }

  /// The number of rows that takes as long to multiply as packing the right side.
  static let packingRows = 8

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    let unitsOfOne = phase == 0 ? panelCount : rows
    var rest = (0..<units(phase)).part(task, of: count)
    while !rest.isEmpty {
      let index = rest.lowerBound / unitsOfOne
      let end = min(rest.upperBound, (index + 1) * unitsOfOne)
      let part = (rest.lowerBound - index * unitsOfOne)..<(end - index * unitsOfOne)
      if phase == 0 { pack(part, of: index, in: state) } else { multiply(part, of: index, worker, in: state) }
      rest = end..<rest.upperBound
    }
  }

  private func pack(_ panels: Range<Int>, of index: Int, in state: RunState) {
    let width = kernels.panelWidth
    kernels.pack(
      state.pointer(right) + index * inner * columns, rowStride: isRightTransposed ? 1 : columns,
      columnStride: isRightTransposed ? inner : 1, rows: inner, columnCount: columns,
      columns: (panels.lowerBound * width)..<min(panels.upperBound * width, columns),
      into: state.pointer(self.panels) + index * packedCount)
  }

  private func multiply(_ rows: Range<Int>, of index: Int, _ worker: Int, in state: RunState) {
    kernels.multiply(
      state.pointer(left) + products[index].left * self.rows * inner, rowStride: inner, inner: inner,
      by: state.pointer(panels) + products[index].right * packedCount,
      into: state.pointer(output) + index * self.rows * columns, rowStride: columns, columns: columns, rows: rows,
      scratch: state.scratch(of: worker))
  }
}

extension ConvolutionKernels {
  /// Packs some columns of a matrix, beginning at a panel.
  static func pack(
    _ matrix: UnsafePointer<Float>, rowStride: Int, columnStride: Int, rows: Int, columnCount: Int,
    columns: Range<Int>, into packed: UnsafeMutablePointer<Float>
  ) {
    pack(
      PackArguments(
        source: matrix, taps: 1, channels: rows, tapStride: 0, channelStride: rowStride, columnStride: columnStride,
        columnCount: columnCount, columns: columns, packed: packed))
  }

  /// Computes some rows of the product of a matrix with `inner` columns and a packed matrix.
  static func multiply(
    _ matrix: UnsafePointer<Float>, rowStride: Int, inner: Int, by packed: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, rowStride resultStride: Int, columns: Int, rows: Range<Int>,
    scratch: UnsafeMutableRawPointer
  ) {
    convolve(
      ConvolutionArguments(
        window: ImageWindow(height: 1, width: 1),
        input: InputImages(
          base: matrix, count: 1, height: 1, width: rows.upperBound, channels: inner, pixelStride: rowStride),
        weights: packed,
        output: OutputImages(
          base: result, count: 1, height: 1, width: rows.upperBound, channels: columns, pixelStride: resultStride),
        epilogue: Epilogue(), pixels: rows, columns: 0..<columns, scratch: scratch))
  }
}
