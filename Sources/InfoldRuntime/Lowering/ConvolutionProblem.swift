import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldTensor

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
    guard let x = plan.sizes(node.inputs[0]), let y = plan.sizes(node.outputs[0]),
      let parameters = ConvolutionParameters(node, plan),
      let geometry = ConvolutionGeometry(conv, input: x, output: y, kernel: parameters.kernel)
    else { return nil }
    // Kernels read zeros in the place of padding, of which a weight that is not finite would make NaN.
    if geometry.readsPadding, !plan.finiteWeights.contains(parameters.weight) { return nil }
    (weight, bias, groups, taps) = (parameters.weight, parameters.bias, geometry.groups, geometry.taps)
    (input, output, window, depth) = (geometry.input, geometry.output, geometry.window, geometry.depth)
  }

  /// Those of the operator's definition.
  var multiplyAccumulates: Int { saturatedProduct(output.count, weight.count / output.channels) }

  private var isDilated: Bool { window.dilationY > 1 || window.dilationX > 1 }
}

// The weights of the taps that are computed.
extension ConvolutionProblem {
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
