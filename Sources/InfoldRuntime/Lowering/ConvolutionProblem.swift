import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldTensor

/// The sizes of a convolution over images, or over volumes whose planes are images.
protocol ConvolutionSizes {
  /// Every plane is an image.
  var input: ImageShape { get }
  var output: ImageShape { get }
  var window: ImageWindow { get }
  var depth: DepthWindow { get }
  var groups: Int { get }
}

extension ConvolutionSizes {
  var depth: DepthWindow { .flat }

  /// Channels of one group.
  var groupChannels: Int { input.channels / groups }
  var groupOutputs: Int { output.channels / groups }

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
    var numbers = [
      [input.images, input.channels, input.height, input.width], [output.channels, output.height, output.width],
      [window.height, window.width], [window.strideY, window.strideX], [window.dilationY, window.dilationX],
      [window.padTop, window.padLeft], [groups],
    ]
    if depth != .flat {
      numbers.append([depth.inputDepth, depth.outputDepth, depth.size, depth.stride, depth.dilation, depth.padFront])
    }
    return numbers.map { $0.map(String.init).joined(separator: "x") }.joined(separator: " ")
  }

  /// Whether an image with everything that windows reach around it is not much larger than the image. Large strides over
  /// large padding would make it so; and what a dilated window cuts off above the image is left to other ways.
  private var isReachSmall: Bool {
    let count = checkedProduct([input.images, reach.height, reach.width, input.channels])
    return count.map { $0 <= 4 * input.count + 1 << 16 } ?? false && window.padTop >= 0 && window.padLeft >= 0
  }
}

/// A convolution whose sizes and weights are known, over one to three dimensions.
struct ConvolutionProblem: ConvolutionSizes {
  /// The ways to compute it.
  enum Algorithm: Hashable {
    /// Every channel by itself.
    case depthwise
    /// Small groups of channels, each in lanes of its own.
    case lanes
    /// Each tap read where it is.
    case direct
    /// The same for a few input channels: a row of the window is read as one pixel with more channels.
    case fewChannels
    /// Winograd's minimal filtering with output tiles of this size.
    case winograd(tile: Int)
  }

  var input: ImageShape
  var output: ImageShape
  /// Over rows and columns, of the taps that are computed.
  var window: ImageWindow
  var depth: DepthWindow
  var groups: Int
  /// [M, C / groups, …], and then as many sizes as there are dimensions.
  var weight: Tensor
  /// [M].
  var bias: Tensor?
  /// The window's taps that are computed, along each of the weight's dimensions.
  private let taps: [Range<Int>]

  init?(_ conv: Conv, _ node: Node, _ plan: PlanBuilder) {
    guard let x = plan.sizes(node.inputs[0]), let y = plan.sizes(node.outputs[0]), (3...5).contains(x.count),
      let parameters = ConvolutionParameters(node, plan), let window = try? conv.window(kernel: parameters.kernel),
      window.rank == x.count - 2,
      let axes = try? window.kernel.indices.map({ try ConvolutionAxis(window, $0, input: x[2 + $0]) }),
      axes.map(\.output) == Array(y[2...])
    else { return nil }
    // Kernels read zeros in the place of padding, of which a weight that is not finite would make NaN.
    if axes.contains(where: \.readsPadding), !plan.finiteWeights.contains(parameters.weight) { return nil }
    (weight, bias, groups) = (parameters.weight, parameters.bias, conv.group)
    taps = axes.map(\.taps)
    var (images, volume) = (x[0], Array(repeating: ConvolutionAxis(size: 1), count: 3 - axes.count) + axes)
    // Planes that have nothing to do with each other are images; where it is the other way round, the planes are rows.
    if volume[0].isIdentity {
      images *= volume[0].input
      volume[0] = ConvolutionAxis(size: 1)
    } else if volume[1].isIdentity, volume[2].isIdentity {
      volume = [
        ConvolutionAxis(size: 1), volume[0], ConvolutionAxis(size: volume[1].input * volume[2].input),
      ]
    }
    // Of planes, only those that lie inside are read: so rows of a widely dilated window are.
    if volume[0].isIdentity, volume[1].dilation > 1, volume[1].readShare < 0.85, volume[2].output >= 12, groups == 1,
      x[1] > 4
    {
      volume = [volume[1], ConvolutionAxis(size: 1), volume[2]]
    }
    let (z, rows, columns) = (volume[0], volume[1], volume[2])
    input = ImageShape([images * z.input, x[1], rows.input, columns.input])!
    output = ImageShape([images * z.output, y[1], rows.output, columns.output])!
    self.window = ImageWindow(
      height: rows.taps.count, width: columns.taps.count, strideY: rows.stride, strideX: columns.stride,
      dilationY: rows.dilation, dilationX: columns.dilation, padTop: rows.pad, padLeft: columns.pad)
    depth = DepthWindow(
      inputDepth: z.input, outputDepth: z.output, size: z.taps.count, stride: z.stride, dilation: z.dilation,
      padFront: z.pad)
  }

  /// Those of the operator's definition.
  var multiplyAccumulates: Int { saturatedProduct(output.count, weight.count / output.channels) }

  private var isDilated: Bool { window.dilationY > 1 || window.dilationX > 1 }
}

// The weights of the taps that are computed.
extension ConvolutionProblem {
  /// The taps.
  var tapCount: Int { depth.size * window.height * window.width }

  /// What tells packed weights from those of other taps; nothing for all.
  var tapsText: String { isWhole ? "" : ", taps \(taps.map { "\($0.lowerBound)…\($0.upperBound)" })" }

  private var isWhole: Bool { zip(taps, weight.shape[2...]).allSatisfy { $0.count == $1 } }

  /// Calls `body` with the weights [M, C / groups, taps].
  func withWeights(_ body: (UnsafePointer<Float>) -> Void) {
    weight.withUnsafeBytes { bytes in
      let numbers = bytes.assumingMemoryBound(to: Float.self)
      if isWhole { return body(numbers.baseAddress!) }
      let sizes = Array(weight.shape[2...])
      var places = [0]
      for (taps, size) in zip(taps, sizes) { places = places.flatMap { place in taps.map { place * size + $0 } } }
      let filters = stride(from: 0, to: weight.count, by: sizes.reduce(1, *))
      let chosen = filters.flatMap { filter in places.map { numbers[filter + $0] } }
      chosen.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
  }
}

extension ConvolutionProblem {
  /// The way that is fastest, among those that the precision allows. It depends on the sizes and on the kind of machine; weights that
  /// are not finite, or very large, do without Winograd's algorithm.
  func algorithm(
    _ precision: SessionOptions.Precision, _ machine: MachineModel, _ kernels: any ConvolutionKernels.Type
  ) -> Algorithm {
    if isDepthwise, suitsDepthwise { return .depthwise }
    if suitsLanes(kernels) { return .lanes }
    if isDepthwise, depth == .flat { return .depthwise }
    if hasFewChannels { return .fewChannels }
    if precision == .fast, let tile = winogradTile(machine) { return .winograd(tile: tile) }
    return .direct
  }

  /// The ways that the precision allows, whichever is the fastest.
  func algorithms(_ precision: SessionOptions.Precision, _ kernels: any ConvolutionKernels.Type) -> [Algorithm] {
    if isDepthwise, depth == .flat { return [.depthwise] + (suitsLanes(kernels) ? [.lanes] : []) }
    if suitsLanes(kernels) { return [.lanes, .direct] }
    let tiles = precision == .fast && suitsWinograd ? [2, 4, 6] : []
    return [.direct] + (hasFewChannels ? [.fewChannels] : []) + tiles.map { .winograd(tile: $0) }
  }

  /// Whether every channel is convolved by itself through a window of which the kernel has a loop of its own.
  private var suitsDepthwise: Bool {
    let rightOverhang = reach.width - window.padLeft - input.width
    return depth == .flat && [3, 5].contains(window.width) && window.height <= 7 && window.dilationX == 1
      && window.strideX <= 2 && window.padLeft <= window.width / 2 && rightOverhang <= window.width / 2
  }

  /// The groups as lanes hold them.
  var channelGroups: ChannelGroups { ChannelGroups(count: groups, inputs: groupChannels, outputs: groupOutputs) }

  /// Whether lanes hold several groups, or one that is nothing for a product.
  private func suitsLanes(_ kernels: any ConvolutionKernels.Type) -> Bool {
    let fewest = groupChannels > 2 ? 2 : 1
    return groups > 1 && channelGroups.perVector(of: kernels.vectorWidth) >= min(fewest, groups)
      && kernels.groupedConvolutionScratch(channelGroups, window, depth, outputWidth: output.width) != nil
  }

  private var suitsWinograd: Bool {
    groups == 1 && window.height == 3 && window.width == 3 && window.strideY == 1 && window.strideX == 1 && !isDilated
      && depth == .flat && input.channels >= 16 && output.channels >= 16
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
    case .lanes: "lanes"
    case .direct: "direct"
    case .fewChannels: "few channels"
    case .winograd(let tile): "winograd \(tile)"
    }
  }
}
