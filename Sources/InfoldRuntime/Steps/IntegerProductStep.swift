import InfoldKernelInterface

/// Products of 8-bit integers minus their zero points, in int32.
///
/// Kernels sum the products of bytes, as stored in planned memory, with weights from which 128 has
/// been subtracted. The zero points are applied afterwards: Σ (x − a)(w − b) = Σ x · w − a · Σ w −
/// b · (Σ x − n · a), where n is the number of terms. Σ x is computed by an additional column of
/// the product with weights of 1. Arithmetic wraps around, so the order of operations does not
/// matter.
struct IntegerProductStep: Step {
  /// One product, by the positions of its operands.
  struct Part: Sendable {
    /// The index of the first element of the left operand.
    var input: Int
    /// The index of the left matrix, for left matrices with different zero points.
    var left: Int
    /// The index of the weight matrix.
    var right: Int
    /// The index of the first element of the result.
    var output: Int
  }

  let products: ByteProducts
  /// The shape of each product. The output channels and their stride are those of the sums.
  let shape: ConvolutionShape
  let parts: [Part]
  let input: Location
  /// The zero points of the rows, or a common one.
  let inputZeroPoints: IntegerZeroPoints
  let weights: IntegerWeights
  /// Memory for the sums.
  let sums: Location
  /// Zeros with which the sums begin.
  let zeros: Location
  let output: Location
  /// The distance between adjacent positions of the result.
  let outputStride: Int

  private var kernels: any ByteProductKernels.Type { products.kernels }
  private var isVariable: Bool { weights.source != nil }
  private var rows: Int { shape.images * shape.outputHeight * shape.outputWidth }
  private var multiplications: Int { parts.count * rows * shape.outputChannels * weights.inner }

  private enum Phase { case pack, multiply, correct }

  var phases: Int { isVariable ? 3 : 2 }

  private func kind(_ phase: Int) -> Phase {
    switch isVariable ? phase : phase + 1 {
    case 0: .pack
    case 1: .multiply
    default: .correct
    }
  }

  var scratchByteCount: Int {
    max(
      kernels.convolutionScratch(taps: weights.taps, channels: weights.channels),
      isVariable ? weights.columns * weights.inner : 0)
  }

  private var partition: ConvolutionPartition {
    ConvolutionPartition(
      rows: rows, columns: weights.columns, groups: parts.count, tileRows: products.tileRows,
      panelWidth: kernels.panelWidth,
      axis: weights.columns > max(kernels.panelWidth, 4 * rows) ? .channels : .positions)
  }

  private func sharing(_ workers: Int) -> Int {
    ThreadHeuristic.count(work: multiplications >> 18, workers: workers)
  }

  func tasks(phase: Int, workers: Int) -> Int {
    switch kind(phase) {
    case .pack: return min(weights.count, 2 * sharing(workers))
    case .multiply:
      let sharing = sharing(workers)
      return sharing > 1 ? partition.tasks(workers: sharing) : 1
    case .correct: return RangeStep.tasks(units: parts.count * rows, cost: correctionCost, workers: workers)
    }
  }

  private var correctionCost: Int { 2 * parts.count * rows * weights.filters }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    switch kind(phase) {
    case .pack: return (0..<weights.count).part(task, of: count).count * weights.inner * weights.columns
    case .multiply:
      var work = 0
      partition.forEachPart(ofTask: task, of: count) { work += $0.count * $1.count * $2.count * weights.inner }
      return work
    case .correct: return (0..<parts.count * rows).part(task, of: count).count * weights.filters
    }
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    switch kind(phase) {
    case .pack:
      let signed = state.scratch(of: worker).assumingMemoryBound(to: Int8.self)
      for index in (0..<weights.count).part(task, of: count) { weights.pack(index, kernels, signed, in: state) }
    case .multiply:
      partition.forEachPart(ofTask: task, of: count) { products, pixels, columns in
        for product in products { multiply(parts[product], product, pixels, columns, worker, in: state) }
      }
    case .correct:
      for index in (0..<parts.count * rows).part(task, of: count) { correct(index, in: state) }
    }
  }

  private func multiply(
    _ part: Part, _ index: Int, _ pixels: Range<Int>, _ columns: Range<Int>, _ worker: Int, in state: RunState
  ) {
    let zeros = state.address(zeros)
    kernels.convolve(
      ByteConvolutionArguments(
        window: shape.window, input: shape.input(state.bytes(input) + part.input),
        padding: UInt8(truncatingIfNeeded: inputZeroPoints.value(0, 0, in: state)),
        weights: weights.panels(part.right, kernels, in: state),
        output: shape.output(UnsafeMutablePointer<UInt8>.nowhere),
        requantization: Requantization(
          bias: zeros.assumingMemoryBound(to: Int32.self), multipliers: zeros.assumingMemoryBound(to: Float.self),
          lower: 0, upper: 0, zeroPoint: 0),
        pixels: pixels, columns: columns, scratch: state.scratch(of: worker), sums: sums(of: index, in: state)))
  }

  private func sums(of index: Int, in state: RunState) -> UnsafeMutablePointer<Int32> {
    state.address(sums).assumingMemoryBound(to: Int32.self) + index * rows * shape.outputPixelStride
  }

  /// Computes the result at one position from the sums.
  private func correct(_ index: Int, in state: RunState) {
    let (product, row) = index.quotientAndRemainder(dividingBy: rows)
    let part = parts[product], filters = weights.filters
    let x = UnsafePointer(sums(of: product, in: state) + row * shape.outputPixelStride)
    let y = state.address(output).assumingMemoryBound(to: Int32.self) + part.output + row * outputStride
    let zero = inputZeroPoints.value(part.left, row, in: state)
    let totals = weights.totals(part.right, in: state)
    guard weights.hasZeroPoints else {
      for filter in 0..<filters { y[filter] = x[filter] &- zero &* totals[filter] }
      return
    }
    let rest = x[filters] &- zero &* Int32(truncatingIfNeeded: weights.inner)
    let points = weights.zeroPoints
    if points.elementStride == 0 {
      let shift = (points.value(part.right, 0, in: state) &- 128) &* rest
      for filter in 0..<filters { y[filter] = x[filter] &- zero &* totals[filter] &- shift }
    } else {
      let bytes = points.bytes(part.right, in: state)
      for filter in 0..<filters {
        y[filter] = x[filter] &- zero &* totals[filter] &- (Int32(bytes[filter]) &- 128) &* rest
      }
    }
  }
}

/// Zero points in the unsigned representation of planned memory.
struct IntegerZeroPoints: Sendable {
  /// The location; `nil` if all zero points are `common`.
  var place: Location?
  /// The common zero point.
  var common: UInt8
  /// The distance between the first zero points of consecutive matrices.
  var matrixStride = 0
  /// The distance between the zero points of adjacent rows or columns.
  var elementStride = 0

  /// Whether zero points of weights may differ from 128 in planned memory.
  var mayShift: Bool { place != nil || common != 128 }

  /// Returns the number of columns of a product with weights that have these zero points. If they
  /// may shift the weights, an additional column sums the left operand.
  func columns(_ filters: Int) -> Int { filters + (mayShift ? 1 : 0) }

  func value(_ matrix: Int, _ element: Int, in state: RunState) -> Int32 {
    place == nil ? Int32(common) : Int32(bytes(matrix, in: state)[element * elementStride])
  }

  /// Returns the zero points of a matrix.
  ///
  /// - Precondition: `place` is not `nil`.
  func bytes(_ matrix: Int, in state: RunState) -> UnsafePointer<UInt8> {
    UnsafePointer(state.address(place!).assumingMemoryBound(to: UInt8.self) + matrix * matrixStride)
  }
}

/// The weights of integer products: `count` matrices of `filters` filters each.
struct IntegerWeights: Sendable {
  let count: Int
  let filters: Int
  let taps: Int
  let channels: Int
  /// The distances between adjacent weights of a filter, and between adjacent filters.
  let strides: (row: Int, filter: Int)
  let zeroPoints: IntegerZeroPoints
  /// The location of weights that are computed at run time; `nil` for constant weights, which are
  /// packed ahead.
  var source: Location?
  /// The sums of all filters, followed by the panels of all matrices.
  var packed: Location

  /// The number of weights of a filter.
  var inner: Int { taps * channels }
  var hasZeroPoints: Bool { zeroPoints.mayShift }
  /// The number of columns of a product.
  var columns: Int { zeroPoints.columns(filters) }

  private func panelByteCount(_ kernels: any ByteProductKernels.Type) -> Int {
    kernels.packedByteCount(taps: taps, channels: channels, columns: columns)
  }

  func packedByteCount(_ kernels: any ByteProductKernels.Type) -> Int {
    totalByteCount + count * panelByteCount(kernels)
  }

  func panels(_ index: Int, _ kernels: any ByteProductKernels.Type, in state: RunState) -> UnsafePointer<Int8> {
    let first = (state.address(packed) + totalByteCount).assumingMemoryBound(to: Int8.self)
    return UnsafePointer(first + index * panelByteCount(kernels))
  }

  func totals(_ index: Int, in state: RunState) -> UnsafePointer<Int32> {
    UnsafePointer(state.address(packed).assumingMemoryBound(to: Int32.self) + index * filters)
  }

  /// The offset of the panels.
  private var totalByteCount: Int { (count * filters * MemoryLayout<Int32>.stride + 63) & ~63 }

  /// Packs a matrix that the run has computed.
  fileprivate func pack(
    _ index: Int, _ kernels: any ByteProductKernels.Type, _ signed: UnsafeMutablePointer<Int8>, in state: RunState
  ) {
    pack(
      index, of: state.bytes(source!), flipping: 0x80, kernels, signed, into: state.address(packed))
  }

  /// Packs a matrix.
  ///
  /// - Parameters:
  ///   - flip: The bits to invert in each byte to make it a signed number.
  ///   - signed: Memory for all weights.
  func pack(
    _ index: Int, of source: UnsafePointer<UInt8>, flipping flip: UInt8, _ kernels: any ByteProductKernels.Type,
    _ signed: UnsafeMutablePointer<Int8>, into packed: UnsafeMutableRawPointer
  ) {
    let source = source + index * filters * inner, inner = inner
    let totals = packed.assumingMemoryBound(to: Int32.self) + index * filters
    for filter in 0..<filters {
      let (x, y) = (source + filter * strides.filter, signed + filter * inner)
      var total: Int32 = 0
      for row in 0..<inner {
        let weight = Int8(bitPattern: x[row * strides.row] ^ flip)
        y[row] = weight
        total &+= Int32(weight)
      }
      totals[filter] = total
    }
    if hasZeroPoints { (signed + filters * inner).update(repeating: 1, count: inner) }
    kernels.pack(
      BytePackArguments(
        source: signed, taps: taps, channels: channels, tapStride: 1, channelStride: taps, columnStride: inner,
        columns: columns,
        packed: (packed + totalByteCount).assumingMemoryBound(to: Int8.self) + index * panelByteCount(kernels)))
  }
}
