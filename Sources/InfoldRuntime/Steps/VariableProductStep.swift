import InfoldKernelInterface

/// Products of matrices that are both computed at run time. The first phase packs the right sides.
struct VariableProductStep: Step {
  /// The left and the right side of each product, as indices.
  var products: [(left: Int, right: Int)]
  /// The number of right sides.
  var rightBatch: Int
  /// The sizes of a right side, and how it is packed and multiplied with.
  var rightSide: VariableRightSide
  var rows: Int
  var left: Location
  var right: Location
  /// Whether the right sides are stored column by column.
  var isRightTransposed = false
  /// Memory for the packed right sides.
  var panels: Location
  var output: Location

  var phases: Int { 2 }

  var scratchByteCount: Int { rightSide.scratchByteCount }

  private var inner: Int { rightSide.inner }
  private var columns: Int { rightSide.columns }

  /// Returns the number of work units of a phase for one right side or one product: panels in the
  /// first phase, tiles of rows in the second.
  private func unitsOfOne(_ phase: Int) -> Int {
    phase == 0 ? rightSide.panels : (rows + rightSide.tileRows - 1) / rightSide.tileRows
  }

  private func units(_ phase: Int) -> Int { (phase == 0 ? rightBatch : products.count) * unitsOfOne(phase) }

  func tasks(phase: Int, workers: Int) -> Int {
    let sharing = rightSide.threads(multiplications: products.count * rows * inner * columns, workers: workers)
    return sharing > 1 ? min(2 * sharing, units(phase)) : 1
  }

  /// Packing a column counts as much as multiplying several rows by it.
  func work(phase: Int, task: Int, of count: Int) -> Int {
    (0..<units(phase)).part(task, of: count).count
      * (phase == 0 ? rightSide.panelWidth * Self.packingRows : rightSide.tileRows * columns)
  }

  /// The number of rows that takes as long to multiply as packing the right side.
  static let packingRows = 8

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    let unitsOfOne = unitsOfOne(phase)
    var rest = (0..<units(phase)).part(task, of: count)
    while !rest.isEmpty {
      let index = rest.lowerBound / unitsOfOne
      let end = min(rest.upperBound, (index + 1) * unitsOfOne)
      let part = (rest.lowerBound - index * unitsOfOne)..<(end - index * unitsOfOne)
      if phase == 0 {
        for panel in part {
          rightSide.pack(panel, of: matrix(index, in: state), into: packed(index, in: state))
        }
      } else {
        multiply(part.scaled(by: rightSide.tileRows, to: rows), of: index, worker, in: state)
      }
      rest = end..<rest.upperBound
    }
  }

  private func matrix(_ index: Int, in state: RunState) -> StridedMatrix {
    StridedMatrix(
      base: state.pointer(right) + index * inner * columns, rowStride: isRightTransposed ? 1 : columns,
      columnStride: isRightTransposed ? inner : 1)
  }

  private func packed(_ index: Int, in state: RunState) -> UnsafeMutablePointer<Float> {
    state.pointer(panels) + index * rightSide.packedCount
  }

  private func multiply(_ rows: Range<Int>, of index: Int, _ worker: Int, in state: RunState) {
    let product = products[index]
    rightSide.multiply(
      StridedMatrix(base: state.pointer(left) + product.left * self.rows * inner, rowStride: inner),
      by: packed(product.right, in: state), of: matrix(product.right, in: state),
      into: StridedMatrix(base: state.pointer(output) + index * self.rows * columns, rowStride: columns), rows: rows,
      scratch: state.scratch(of: worker))
  }
}

extension ConvolutionKernels {
  /// Computes some rows of the product of a matrix with `inner` columns and a packed matrix.
  static func multiply(
    _ matrix: UnsafePointer<Float>, rowStride: Int, inner: Int, by packed: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, rowStride resultStride: Int, columns: Int, rows: Range<Int>,
    scratch: UnsafeMutableRawPointer
  ) {
    convolve(
      ConvolutionArguments(
        product: matrix, rowStride: rowStride, inner: inner, by: packed, into: result, rowStride: resultStride,
        columns: columns, rows: rows, scratch: scratch))
  }
}

extension ConvolutionArguments {
  /// The arguments for some rows of the product of a matrix with `inner` columns and a packed matrix,
  /// which is a convolution with a 1×1 window.
  init(
    product matrix: UnsafePointer<Float>, rowStride: Int, inner: Int, by packed: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, rowStride resultStride: Int, columns: Int, rows: Range<Int>,
    scratch: UnsafeMutableRawPointer
  ) {
    self.init(
      window: ImageWindow(height: 1, width: 1),
      input: InputImages(
        base: matrix, count: 1, height: 1, width: rows.upperBound, channels: inner, pixelStride: rowStride),
      weights: packed,
      output: OutputImages(
        base: result, count: 1, height: 1, width: rows.upperBound, channels: columns, pixelStride: resultStride),
      epilogue: Epilogue(), pixels: rows, columns: 0..<columns, scratch: scratch)
  }
}
