import InfoldGraph
import InfoldKernelInterface
import InfoldSystem
import InfoldTensor

extension PlanBuilder {
  /// Adds a transposed convolution with so few output channels that those of one window position
  /// would not fill a panel. Every pixel is multiplied by the weights of all window positions in
  /// one product. The products are then added up where windows overlap.
  mutating func emitJoined(
    _ problem: TransposedProblem, _ parameters: ConvolutionParameters, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let (kernels, channels) = (kernels, problem.input.channels)
    let outputs = problem.output.channels
    let columns = problem.joinedColumns, weightCount = kernels.packedCount(rows: channels, columns: columns)
    // The weights are followed by the bias and a zero.
    let constant = try packed.constant(
      of: [parameters.weight] + (parameters.bias.map { [$0] } ?? []),
      form: "joined transposed convolution, \(kernels.name)",
      byteCount: (weightCount + outputs + 1) * MemoryLayout<Float>.stride
    ) { (target) throws(InfoldError) in
      let packed = target.assumingMemoryBound(to: Float.self)
      problem.weights(parameters.weight, taps: 0..<problem.tapCount).withUnsafeBufferPointer { source in
        kernels.pack(
          PackArguments(
            source: source.baseAddress!, taps: 1, channels: channels, tapStride: 0, channelStride: columns,
            columnStride: 1, columnCount: columns, columns: 0..<columns, packed: packed))
      }
      let bias: [Float] = try parameters.bias?.elements() ?? Array(repeating: 0, count: outputs)
      for output in 0..<outputs { packed[weightCount + output] = bias[output] }
      packed[weightCount + outputs] = 0
    }
    let source = try location(of: x, .channelsLast), place = location(of: .packed(constant))
    let sums = OverlappedTransposition(
      problem, kernels, source: source, packed: place, weightCount: weightCount, activation: fused.activation,
      target: define(y, .channelsLast))
    let step = RangeStep(
      units: sums.units, cost: problem.multiplyAccumulates, scratchByteCount: sums.scratchByteCount
    ) { units, state, worker in
      sums.run(units, state, scratch: state.scratch(of: worker))
    }
    emit(
      step, "joined product", reads: [source, place], writes: [sums.target],
      multiplyAccumulates: problem.multiplyAccumulates)
  }
}

extension TransposedProblem {
  /// The number of columns of the product with all window positions.
  fileprivate var joinedColumns: Int { tapCount * output.channels }

  /// The number of input rows that contribute to one row of the result.
  fileprivate var joinedRows: Int { min(input.height, (height - 1) * window.dilationY / window.strideY + 1) }

  /// The distance between the first and the last window position along a row, in result columns.
  fileprivate var joinedExtent: Int { (width - 1) * window.dilationX }

  /// Returns whether one product and the sums of its results are faster than one convolution per
  /// phase.
  func prefersJoinedProduct(panelWidth: Int) -> Bool {
    guard groups == 1, depth == 1, inputDepth == 1, outputDepth == 1, output.channels < panelWidth,
      window.padTop >= 0, window.padLeft >= 0,
      // Rows of sums must not be much longer than rows of the result.
      window.strideX <= output.width, joinedExtent <= output.width,
      joinedRows * joinedColumns <= OverlappedTransposition.nearCount / OverlappedTransposition.fewestColumns
    else { return false }
    func inPanels(_ columns: Int) -> Int { (columns + panelWidth - 1) / panelWidth * panelWidth }
    let runs = TapRun.all(of: self)
    let additions = runs.reduce(0) { $0 + height * (($1.count * output.channels + 7) / 8) }
    // The cost of adding one vector, in multiplications.
    let addition = 64
    let joined = saturatedProduct(
      input.images * input.pixels, input.channels * inPanels(joinedColumns) + addition * additions)
    let ofPixel = mostTaps * input.channels * inPanels(output.channels)
    return joined < saturatedProduct(output.images * output.pixels, ofPixel)
  }
}

/// Consecutive positions in a row of the window whose results are contiguous and do not overlap
/// those of the next pixel.
private struct TapRun {
  /// The first position.
  var first: Int
  /// The number of positions.
  var count: Int

  static func all(of problem: TransposedProblem) -> [TapRun] {
    let count = problem.window.dilationX == 1 ? problem.window.strideX : 1
    return stride(from: 0, to: problem.width, by: count).map {
      TapRun(first: $0, count: min(count, problem.width - $0))
    }
  }
}

/// Computes the rows of a transposed convolution's result as sums of overlapping products.
private struct OverlappedTransposition: Sendable {
  let target: Location
  private let problem: TransposedProblem
  private let kernels: any KernelSet.Type
  private let source: Location
  private let packed: Location
  private let weightCount: Int
  private let activation: Activation
  private let runs: [TapRun]
  /// The number of result columns per strip. All rows of a strip are computed before the next
  /// strip, so that products stay in a cache.
  private let stripWidth: Int
  /// The maximum number of input columns that contribute to a strip.
  private let stripInputs: Int
  /// The number of elements in a row of sums.
  private let rowCount: Int
  /// The number of elements in a row of products.
  private let productCount: Int

  /// The number of products that stay in the second-level cache.
  static let nearCount = 1 << 15
  /// The minimum number of input columns for which a product pays off.
  static let fewestColumns = 16

  init(
    _ problem: TransposedProblem, _ kernels: any KernelSet.Type, source: Location, packed: Location, weightCount: Int,
    activation: Activation, target: Location
  ) {
    (self.problem, self.kernels, self.source, self.packed) = (problem, kernels, source, packed)
    (self.weightCount, self.activation, self.target) = (weightCount, activation, target)
    runs = TapRun.all(of: problem)
    let stride = problem.window.strideX, extent = problem.joinedExtent
    let inputs = max(Self.fewestColumns, Self.nearCount / (problem.joinedRows * problem.joinedColumns))
    stripWidth = min(problem.output.width, inputs * stride)
    stripInputs = min(problem.input.width, (stripWidth + extent) / stride + 2)
    rowCount = (stripWidth + (stripInputs + 1) * stride + extent) * problem.output.channels
    productCount = stripInputs * problem.joinedColumns
  }

  private var strips: Int { (problem.output.width + stripWidth - 1) / stripWidth }

  /// The number of result rows, counted strip by strip.
  var units: Int { problem.output.images * strips * problem.output.height }

  private var ownByteCount: Int {
    ((2 * rowCount + problem.joinedRows * productCount) * MemoryLayout<Float>.stride + 63) & ~63
  }

  var scratchByteCount: Int { ownByteCount + kernels.convolutionScratch(taps: 1, channels: problem.input.channels) }

  func run(_ units: Range<Int>, _ state: RunState, scratch: UnsafeMutableRawPointer) {
    let window = problem.window
    let sums = scratch.assumingMemoryBound(to: Float.self)
    // Sums begin with the bias.
    let bias = state.pointer(packed) + weightCount, channels = problem.output.channels
    for place in stride(from: 0, to: rowCount, by: channels) {
      (sums + rowCount + place).update(from: bias, count: channels)
    }
    var strip = Strip(of: self, at: 0)
    var last = -1
    // The first input row that has not been multiplied yet.
    var next = 0
    for unit in units {
      let (index, y) = unit.quotientAndRemainder(dividingBy: problem.output.height)
      if index != last {
        (strip, last, next) = (Strip(of: self, at: index), index, 0)
      }
      let end = min(problem.input.height, (y + window.padTop) / window.strideY + 1)
      let distance = y + window.padTop - (window.height - 1) * window.dilationY
      next = max(next, (max(0, distance) + window.strideY - 1) / window.strideY)
      while next < end {
        multiply(next, strip, into: products(ofRow: next, sums), state, scratch: scratch + ownByteCount)
        next += 1
      }
      add(y, strip, sums, state)
    }
  }

  /// Returns the address of the products of an input row. They replace those of a row that no sum
  /// needs any longer.
  private func products(ofRow row: Int, _ scratch: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    scratch + 2 * rowCount + row % problem.joinedRows * productCount
  }

  private func multiply(
    _ row: Int, _ strip: Strip, into products: UnsafeMutablePointer<Float>, _ state: RunState,
    scratch: UnsafeMutableRawPointer
  ) {
    guard !strip.inputs.isEmpty else { return }
    let input = problem.input, columns = problem.joinedColumns
    let first = (strip.image * input.height + row) * input.width + strip.inputs.lowerBound
    kernels.convolve(
      ConvolutionArguments(
        window: ImageWindow(height: 1, width: 1),
        input: InputImages(
          base: state.pointer(source) + first * source.pixelStride, count: 1, height: 1, width: strip.inputs.count,
          channels: input.channels, pixelStride: source.pixelStride),
        weights: state.pointer(packed),
        output: OutputImages(base: products, count: 1, height: 1, width: strip.inputs.count, channels: columns),
        epilogue: Epilogue(), pixels: 0..<strip.inputs.count, columns: 0..<columns, scratch: scratch))
  }

  /// Computes a row of the result. Where windows overlap, products are added in the order of window
  /// positions.
  private func add(_ y: Int, _ strip: Strip, _ sums: UnsafeMutablePointer<Float>, _ state: RunState) {
    let (window, output) = (problem.window, problem.output)
    sums.update(from: sums + rowCount, count: rowCount)
    for tapRow in 0..<window.height {
      let place = y + window.padTop - tapRow * window.dilationY
      guard place >= 0, place % window.strideY == 0, place / window.strideY < problem.input.height else { continue }
      let products = products(ofRow: place / window.strideY, sums) + tapRow * window.width * output.channels
      for run in runs where !strip.inputs.isEmpty {
        add(
          products + run.first * output.channels, to: sums + run.first * window.dilationX * output.channels,
          pixels: strip.inputs.count, count: run.count * output.channels)
      }
    }
    let first = (strip.image * output.height + y) * output.width + strip.outputs.lowerBound
    let shape = ElementwiseShape(pixels: strip.outputs.count, channels: output.channels)
    kernels.binary(
      BinaryArguments(
        .add, activation: activation, shape: shape,
        left: ElementwiseInput(sums + strip.firstSum * output.channels, like: shape),
        right: ElementwiseInput(scalar: state.pointer(packed) + weightCount + output.channels),
        output: ElementwiseOutput(
          state.pointer(target) + first * target.pixelStride, like: shape, pixelStride: target.pixelStride)),
      pixels: 0..<shape.pixels)
  }

  /// Adds `count` elements of every pixel.
  private func add(
    _ products: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>, pixels: Int, count: Int
  ) {
    let stride = problem.window.strideX * problem.output.channels, columns = problem.joinedColumns
    // Adding an incomplete vector takes longer than adding its elements one by one.
    if count < 8 {
      for pixel in 0..<pixels {
        let (x, y) = (products + pixel &* columns, sums + pixel &* stride)
        for index in 0..<count { y[index] += x[index] }
      }
      return
    }
    let shape = ElementwiseShape(pixels: pixels, channels: count)
    kernels.binary(
      BinaryArguments(
        .add, activation: .identity, shape: shape, left: ElementwiseInput(sums, like: shape, pixelStride: stride),
        right: ElementwiseInput(products, like: shape, pixelStride: columns),
        output: ElementwiseOutput(sums, like: shape, pixelStride: stride)),
      pixels: 0..<pixels)
  }

  /// A range of columns of an image.
  private struct Strip {
    let image: Int
    let outputs: Range<Int>
    /// The input columns that contribute to the strip.
    let inputs: Range<Int>
    /// The position of the first output in the row of sums, in pixels.
    let firstSum: Int

    init(of sums: OverlappedTransposition, at index: Int) {
      let (problem, window) = (sums.problem, sums.problem.window)
      image = index / sums.strips
      outputs = (index % sums.strips..<index % sums.strips + 1).scaled(by: sums.stripWidth, to: problem.output.width)
      let place = outputs.lowerBound + window.padLeft
      let reach = max(0, place - problem.joinedExtent)
      let first = min((reach + window.strideX - 1) / window.strideX, place / window.strideX)
      let end = min(problem.input.width, (outputs.upperBound - 1 + window.padLeft) / window.strideX + 1)
      inputs = first..<max(first, end)
      firstSum = inputs.isEmpty ? 0 : place - first * window.strideX
    }
  }
}
