import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Conv: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    ConvolutionProblem(self, node, plan) == nil ? [] : [.activation, .residual]
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let problem = ConvolutionProblem(self, fused.node, plan), let x = fused.node.inputs[0],
      let output = fused.output
    else { return false }
    switch plan.algorithm(for: problem) {
    case .depthwise: try plan.emitDepthwise(problem, x, output, fused)
    case .fewChannels: try plan.emitFewChannels(problem, x, output, fused)
    case .direct: try plan.emitDirect(problem, x, output, fused)
    case .winograd(let tile): try plan.emitWinograd(problem, tile, x, output, fused)
    }
    return true
  }
}

/// The sizes of a convolution over images.
protocol ConvolutionSizes {
  var input: ImageShape { get }
  var output: ImageShape { get }
  var window: ImageWindow { get }
  var groups: Int { get }
}

extension ConvolutionSizes {
  /// Channels of one group.
  var groupChannels: Int { input.channels / groups }
  var groupOutputs: Int { output.channels / groups }
  var multiplyAccumulates: Int { saturatedProduct(output.count, groupChannels, window.height, window.width) }

  /// Whether every channel is convolved by itself, into one.
  var isDepthwise: Bool { groups > 1 && groupChannels == 1 && groupOutputs == 1 }

  /// Whether a row of the window is better read as one pixel with more channels.
  var hasFewChannels: Bool {
    groups == 1 && input.channels <= 4 && window.width > 1 && window.dilationX == 1 && isReachSmall
  }

  /// The rows and columns that windows reach, padding included.
  var reach: (height: Int, width: Int) {
    (
      (output.height - 1) * window.strideY + (window.height - 1) * window.dilationY + 1,
      (output.width - 1) * window.strideX + (window.width - 1) * window.dilationX + 1
    )
  }

  /// The sizes in a line.
  var text: String {
    let numbers = [
      [input.images, input.channels, input.height, input.width], [output.channels, output.height, output.width],
      [window.height, window.width], [window.strideY, window.strideX], [window.dilationY, window.dilationX],
      [window.padTop, window.padLeft], [groups],
    ]
    return numbers.map { $0.map(String.init).joined(separator: "x") }.joined(separator: " ")
  }

  /// Whether an image with everything that windows reach around it is not much larger than the image. Large strides over
  /// large padding would make it so.
  private var isReachSmall: Bool {
    let count = checkedProduct([input.images, reach.height, reach.width, input.channels])
    return count.map { $0 <= 4 * input.count + 1 << 16 } ?? false
  }
}

/// A convolution over images whose sizes and weights are known.
struct ConvolutionProblem: ConvolutionSizes {
  /// The ways to compute it.
  enum Algorithm: Hashable {
    /// Every channel by itself.
    case depthwise
    /// Each tap read where it is.
    case direct
    /// The same for a few input channels: a row of the window is read as one pixel with more channels.
    case fewChannels
    /// Winograd's minimal filtering with output tiles of this size.
    case winograd(tile: Int)
  }

  var input: ImageShape
  var output: ImageShape
  var window: ImageWindow
  var groups: Int
  /// [M, C / groups, kH, kW], or without kH.
  var weight: Tensor
  /// [M].
  var bias: Tensor?

  init?(_ conv: Conv, _ node: Node, _ plan: PlanBuilder) {
    guard let operands = ConvolutionOperands(node, plan), let window = try? conv.window(kernel: operands.kernel),
      let extents = try? window.extents(operands.images.inputSizes)
    else { return nil }
    // Kernels read zeros in the place of padding, of which a weight that is not finite would make NaN.
    let isPadded = extents.contains { $0.padBefore > 0 || $0.padAfter > 0 }
    if isPadded, !plan.finiteWeights.contains(operands.weight) { return nil }
    (input, output) = (operands.images.input, operands.images.output)
    (weight, bias) = (operands.weight, operands.bias)
    self.window = ImageWindow(window, extents)
    groups = conv.group
  }

  private var isDilated: Bool { window.dilationY > 1 || window.dilationX > 1 }
}

extension ConvolutionProblem {
  /// The way that is fastest, among those that the precision allows. It depends on the sizes and on the kind of machine; weights that
  /// are not finite, or very large, do without Winograd's algorithm.
  func algorithm(_ precision: SessionOptions.Precision, _ machine: MachineModel) -> Algorithm {
    if isDepthwise { return .depthwise }
    if hasFewChannels { return .fewChannels }
    if precision == .fast, let tile = winogradTile(machine) { return .winograd(tile: tile) }
    return .direct
  }

  /// The ways that the precision allows, whichever is the fastest.
  func algorithms(_ precision: SessionOptions.Precision) -> [Algorithm] {
    if isDepthwise { return [.depthwise] }
    let tiles = precision == .fast && suitsWinograd ? [2, 4, 6] : []
    return [.direct] + (hasFewChannels ? [.fewChannels] : []) + tiles.map { .winograd(tile: $0) }
  }

  private var suitsWinograd: Bool {
    groups == 1 && window.height == 3 && window.width == 3 && window.strideY == 1 && window.strideX == 1 && !isDilated
      && input.channels >= 16 && output.channels >= 16
  }

  /// The tile for which Winograd's algorithm is worth its transformations; `nil` when it is for none.
  private func winogradTile(_ machine: MachineModel) -> Int? {
    guard suitsWinograd else { return nil }
    // Larger tiles save more multiplications, cost more accuracy, and need more weights read for each output: as many numbers as the
    // tile has positions in the place of nine. On small images the weights are most of what is read, and the faster a machine
    // multiplies, the sooner it waits for them.
    let side = min(output.height, output.width)
    if side >= 112 { return 6 }
    if machine.hasFullWidth { return side >= 17 ? 4 : side >= 8 ? 2 : nil }
    return side >= 10 ? 4 : side >= 4 ? 2 : nil
  }
}

extension ConvolutionProblem.Algorithm: CustomStringConvertible {
  /// The way, like `winograd 4`.
  var description: String {
    switch self {
    case .depthwise: "depthwise"
    case .direct: "direct"
    case .fewChannels: "few channels"
    case .winograd(let tile): "winograd \(tile)"
    }
  }
}

extension PlanBuilder {
  /// The way to compute a convolution.
  fileprivate mutating func algorithm(for problem: ConvolutionProblem) -> ConvolutionProblem.Algorithm {
    let (precision, workers) = (precision, sharers)
    let expected = problem.algorithm(precision, cost.machine)
    let ways = [expected] + problem.algorithms(precision).filter { $0 != expected }
    return ways[
      choose(
        .algorithm, "\(problem.text) \(precision) \(workers) threads", among: ways.map(\.description), expected: 0)]
  }

  /// The kernels for a convolution.
  fileprivate mutating func kernels(for problem: ConvolutionProblem) -> any ConvolutionKernels.Type {
    let (sets, workers) = ([productKernels, kernels] as [any ConvolutionKernels.Type], sharers)
    let channels = problem.groupOutputs == 1 ? problem.output.channels : problem.groupOutputs
    let width = productKernels.vectorWidth
    let prefersNarrow = cost.prefersNarrowVectors(
      channels: channels, products: problem.groupChannels * problem.window.height * problem.window.width,
      groups: problem.groups, width: width)
    // Vectors that channels do not fill are another way to go through a depthwise window, which skips padding.
    if channels <= width / 2 || problem.isDepthwise && channels < width { return sets[prefersNarrow ? 1 : 0] }
    return sets[
      choose(
        .vectors, "\(problem.text) \(workers) threads", among: sets[0] == sets[1] ? [] : sets.map { $0.name },
        expected: prefersNarrow ? 1 : 0)]
  }

  /// Has threads share a convolution along the axis for which it is the fastest.
  mutating func chooseSharing(of step: inout ConvolutionStep, _ problem: @autoclosure () -> String) {
    let workers = sharers
    guard answers != nil, step.tasks(phase: 0, workers: workers) > 1 else { return }
    let ways = [step.sharedAxis, step.sharedAxis.other].filter { step.parts(along: $0) >= workers }
    let chosen = choose(
      .sharing, "\(problem()) \(workers) threads", among: ways.map(\.rawValue), expected: 0)
    if ways.count > 1 { step.measuredAxis = ways[chosen] }
  }

  /// The weights of a convolution in panels, group behind group.
  fileprivate mutating func packedWeights(_ problem: ConvolutionProblem) throws(InfoldError) -> Location {
    let kernels = kernels(for: problem)
    let taps = problem.window.height * problem.window.width
    let channels = problem.groupChannels, columns = problem.groupOutputs
    let workers = workers
    let count = kernels.packedCount(rows: taps * channels, columns: columns)
    let constant = try packed.constant(
      of: [problem.weight], form: "panels of \(problem.groups) groups, \(kernels.name)",
      byteCount: problem.groups * count * MemoryLayout<Float>.stride
    ) { target in
      problem.weight.withUnsafeBytes { bytes in
        let source = bytes.baseAddress!.assumingMemoryBound(to: Float.self)
        for group in 0..<problem.groups {
          kernels.pack(
            PackArguments(
              source: source + group * columns * channels * taps, taps: taps, channels: channels, tapStride: 1,
              channelStride: taps, columnStride: channels * taps, columnCount: columns, columns: 0..<columns,
              packed: target.assumingMemoryBound(to: Float.self) + group * count),
            workers: workers)
        }
      }
    }
    return location(of: .packed(constant))
  }

  fileprivate mutating func emitDirect(
    _ problem: ConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let input = try location(of: x, .channelsLast)
    let isProduct = problem.window.height * problem.window.width == 1
    try emitDirect(problem, from: input, y, fused, problem.groups > 1 ? "grouped" : isProduct ? "1×1" : "direct")
  }

  fileprivate mutating func emitFewChannels(
    _ problem: ConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let padded = try interleaved(problem, x, padding: 0)
    try emitDirect(problem, from: padded, y, fused, "direct, few channels", readsRows: true)
  }

  /// - Parameter readsRows: Whether the input is a padded image of which a row of the window is one pixel.
  private mutating func emitDirect(
    _ problem: ConvolutionProblem, from input: Location, _ y: ValueID, _ fused: FusedNode, _ algorithm: String,
    readsRows: Bool = false
  ) throws(InfoldError) {
    let weights = try packedWeights(problem)
    let epilogue = try epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let output = define(y, .channelsLast)
    let shape = ConvolutionShape(problem, input: input, output: output)
    var step = ConvolutionStep(
      kernel: .floats(kernels(for: problem), epilogue),
      shape: readsRows ? shape.withRowsAsPixels(of: problem) : shape, groups: problem.groups, input: input,
      weights: weights, output: output)
    chooseSharing(of: &step, problem.text + (readsRows ? " rows" : ""))
    emit(
      step, algorithm, reads: [input, weights, epilogue.bias, epilogue.residual], writes: [output],
      multiplyAccumulates: problem.multiplyAccumulates)
  }

  /// Images of a few channels in a place where a row of the window is one pixel with more channels: with the channels last and
  /// padding around them, of which each element has these bits.
  mutating func interleaved(
    _ problem: some ConvolutionSizes, _ x: ValueID, padding: UInt32
  ) throws(InfoldError) -> Location {
    let (image, window, reach, kernels) = (problem.input, problem.window, problem.reach, kernels)
    let layout: Layout = layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try location(of: x, layout)
    let padded = temporary([image.images * reach.height * reach.width * image.channels], source.format)
    let step = RangeStep(
      units: image.images * reach.height, cost: 2 * image.count * source.format.byteCount / 4
    ) { rows, frame, _ in
      kernels.interleaveChannels(
        InterleaveArguments(
          input: frame.address(source), images: image.images, height: image.height, width: image.width,
          channels: image.channels, channelStride: layout == .rowMajor ? image.pixels : 1,
          pixelStride: layout == .rowMajor ? 1 : source.pixelStride,
          imageStride: image.pixels * (layout == .rowMajor ? image.channels : source.pixelStride),
          padTop: window.padTop, padLeft: window.padLeft, output: frame.address(padded), outputHeight: reach.height,
          outputWidth: reach.width, elementByteCount: source.format.byteCount, padding: padding),
        rows: rows)
    }
    emit(
      step, "interleave", reads: [source], writes: [padded],
      shape: [image.images, image.channels, reach.height, reach.width])
    return padded
  }

  fileprivate mutating func emitWinograd(
    _ problem: ConvolutionProblem, _ tile: Int, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let (channels, outputs) = (problem.input.channels, problem.output.channels)
    let (kernels, workers) = (kernels(for: problem), workers)
    let count = kernels.winogradPackedCount(tile: tile, channels: channels, outputChannels: outputs)
    // Behind the weights stands whether they suit the algorithm.
    let constant = try packed.constant(
      of: [problem.weight], form: "Winograd \(tile), \(kernels.name)",
      byteCount: (count + 1) * MemoryLayout<Float>.stride
    ) { target in
      let target = target.assumingMemoryBound(to: Float.self)
      problem.weight.withUnsafeBytes { bytes in
        let isSuitable = kernels.packWinograd(
          WinogradPackArguments(
            tile: tile, source: bytes.baseAddress!.assumingMemoryBound(to: Float.self), channels: channels,
            columnCount: outputs, columns: 0..<outputs, packed: target),
          workers: workers)
        target[count] = isSuitable ? 1 : 0
      }
    }
    guard constant.floats[count] == 1 else { return try emitDirect(problem, x, y, fused) }
    let directWeights = try packedWeights(problem)
    let input = try location(of: x, .channelsLast)
    let weights = location(of: .packed(constant))
    let epilogue = try epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let output = define(y, .channelsLast)
    var step = WinogradStep(
      kernels: kernels, tile: tile, shape: ConvolutionShape(problem, input: input, output: output),
      input: input, weights: weights, directWeights: directWeights, output: output, epilogue: epilogue)
    step.sharesChannels = sharesChannels(step, problem, tile)
    emit(
      step, "Winograd \(tile)×\(tile)",
      reads: [input, weights, directWeights, epilogue.bias, epilogue.residual], writes: [output],
      multiplyAccumulates: problem.multiplyAccumulates)
  }

  /// Whether threads share the output channels of a convolution by Winograd's algorithm.
  private mutating func sharesChannels(_ step: WinogradStep, _ problem: ConvolutionProblem, _ tile: Int) -> Bool {
    guard step.panels > 1 else { return false }
    let workers = sharers
    let isExpected = CostModel.winogradSharesChannels(
      tiles: step.tiles, channels: problem.input.channels, outputs: problem.output.channels)
    return choose(
      .sharing, "\(problem.text) winograd \(tile) \(workers) threads",
      among: workers > 1 ? ["positions", "channels"] : [], expected: isExpected ? 1 : 0) == 1
  }

  fileprivate mutating func emitDepthwise(
    _ problem: ConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let (window, channels, kernels) = (problem.window, problem.output.channels, kernels(for: problem))
    let constant = try packed.constant(
      of: [problem.weight], form: "depthwise, \(kernels.name)",
      byteCount: kernels.depthwiseWeightCount(
        kernelHeight: window.height, kernelWidth: window.width, channels: channels)
        * MemoryLayout<Float>.stride
    ) { target in
      problem.weight.withUnsafeBytes { bytes in
        kernels.packDepthwiseWeights(
          bytes.baseAddress!.assumingMemoryBound(to: Float.self), kernelHeight: window.height,
          kernelWidth: window.width, channels: channels, into: target.assumingMemoryBound(to: Float.self))
      }
    }
    let input = try location(of: x, .channelsLast)
    let weights = location(of: .packed(constant))
    let epilogue = try epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let output = define(y, .channelsLast)
    let step = DepthwiseStep(
      kernels: kernels, image: problem.input, result: problem.output, window: window,
      multiplyAccumulates: problem.multiplyAccumulates, input: input, weights: weights, epilogue: epilogue,
      output: output)
    emit(
      step, "depthwise", reads: [input, weights, epilogue.bias, epilogue.residual], writes: [output],
      multiplyAccumulates: problem.multiplyAccumulates)
  }
}
