import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldTensor

/// A convolution of known sizes and weights over one to three dimensions.
struct ConvolutionProblem: ConvolutionSizes {
  /// The algorithms for a convolution.
  enum Algorithm: Hashable {
    /// Every channel separately.
    case depthwise
    /// Small groups of channels, each in its own lanes.
    case lanes
    /// A direct convolution that reads each tap from the input.
    case direct
    /// A direct convolution for few input channels, which reads a row of the window as one pixel
    /// with more channels.
    case fewChannels
    /// Winograd's minimal filtering with output tiles of this size.
    case winograd(tile: Int)
    /// A direct convolution by a matrix unit.
    case matrixUnit
  }

  var input: ImageShape
  var output: ImageShape
  /// The window over rows and columns, with the computed taps.
  var window: ImageWindow
  var depth: DepthWindow
  var groups: Int
  /// The weights [M, C / groups, …], followed by the window's sizes.
  var weight: Tensor
  /// The bias [M].
  var bias: Tensor?
  /// The computed taps along each axis of the window.
  private let taps: [Range<Int>]

  init?(_ conv: Conv, _ node: Node, _ plan: PlanBuilder) {
    guard let x = plan.sizes(node.inputs[0]), let y = plan.sizes(node.outputs[0]),
      let parameters = ConvolutionParameters(node, plan),
      let geometry = ConvolutionGeometry(conv, input: x, output: y, kernel: parameters.kernel)
    else { return nil }
    // Kernels multiply the zeros of padding by weights, which gives NaN for non-finite weights.
    if geometry.readsPadding, !plan.finiteWeights.contains(parameters.weight) { return nil }
    (weight, bias, groups, taps) = (parameters.weight, parameters.bias, geometry.groups, geometry.taps)
    (input, output, window, depth) = (geometry.input, geometry.output, geometry.window, geometry.depth)
  }

  /// The number of multiply-accumulates in the operator's definition.
  var multiplyAccumulates: Int { saturatedProduct(output.count, weight.count / output.channels) }

  private var isDilated: Bool { window.dilationY > 1 || window.dilationX > 1 }
}

// The weights of the computed taps.
extension ConvolutionProblem {
  /// A suffix that distinguishes packed weights of different taps; empty for all taps.
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
  /// Returns the fastest algorithm that the precision allows, judging by the sizes and the kind of
  /// machine. Non-finite and very large weights are later excluded from Winograd's algorithm.
  func algorithm(
    _ precision: SessionOptions.Precision, _ machine: MachineModel, _ kernels: any ConvolutionKernels.Type
  ) -> Algorithm {
    if isDepthwise, suitsDepthwise { return .depthwise }
    if suitsLanes(kernels) { return .lanes }
    if isDepthwise, depth == .flat { return .depthwise }
    if hasFewChannels { return .fewChannels }
    if precision.allowsWinograd, let tile = winogradTile(machine) { return .winograd(tile: tile) }
    return .direct
  }

  /// Returns all algorithms that the precision allows.
  func algorithms(_ precision: SessionOptions.Precision, _ kernels: any ConvolutionKernels.Type) -> [Algorithm] {
    if isDepthwise, depth == .flat { return [.depthwise] + (suitsLanes(kernels) ? [.lanes] : []) }
    if suitsLanes(kernels) { return [.lanes, .direct] }
    let tiles = precision.allowsWinograd && suitsWinograd ? [2, 4, 6] : []
    return [.direct] + (hasFewChannels ? [.fewChannels] : []) + tiles.map { .winograd(tile: $0) }
  }

  /// Whether this is a depthwise convolution for which the kernel has a specialized loop.
  private var suitsDepthwise: Bool {
    let rightOverhang = reach.width - window.padLeft - input.width
    return depth == .flat && [3, 5].contains(window.width) && window.height <= 7 && window.dilationX == 1
      && window.strideX <= 2 && window.padLeft <= window.width / 2 && rightOverhang <= window.width / 2
  }

  private var suitsWinograd: Bool {
    groups == 1 && window.height == 3 && window.width == 3 && window.strideY == 1 && window.strideX == 1 && !isDilated
      && depth == .flat && input.channels >= 16 && output.channels >= 16
  }

  /// The tile for which Winograd's algorithm pays off; `nil` if there is none.
  private func winogradTile(_ machine: MachineModel) -> Int? {
    guard suitsWinograd else { return nil }
    // Larger tiles save more multiplications, but cost accuracy and have larger weights: one number
    // per position of the transformed tile, instead of nine. On small images, weights dominate
    // memory traffic, which limits fast machines more than slow ones.
    let side = min(output.height, output.width)
    if side >= 112 { return 6 }
    if machine.hasFullWidth { return side >= 17 ? 4 : side >= 8 ? 2 : nil }
    return side >= 10 ? 4 : side >= 4 ? 2 : nil
  }
}

extension ConvolutionProblem.Algorithm {
  /// Whether this is Winograd's algorithm.
  var isWinograd: Bool { if case .winograd = self { true } else { false } }
}

extension ConvolutionProblem.Algorithm: CustomStringConvertible {
  /// The algorithm, such as `winograd 4`.
  var description: String {
    switch self {
    case .depthwise: "depthwise"
    case .lanes: "lanes"
    case .direct: "direct"
    case .fewChannels: "few channels"
    case .winograd(let tile): "winograd \(tile)"
    case .matrixUnit: "matrix unit"
    }
  }
}
