import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension ConvTranspose: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    parameters(node, plan) == nil || TransposedProblem(self, node, plan) == nil ? [] : .activation
  }

  /// Returns constant parameters that kernels may multiply by the padding of an image.
  private func parameters(_ node: Node, _ plan: PlanBuilder) -> ConvolutionParameters? {
    ConvolutionParameters(node, plan).flatMap { plan.finiteWeights.contains($0.weight) ? $0 : nil }
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let problem = TransposedProblem(self, node, plan), let x = node.inputs[0], let y = fused.output else {
      return false
    }
    guard let parameters = parameters(node, plan) else {
      return try plan.emitVariablePhases(problem, x, y, fused)
    }
    if problem.prefersJoinedProduct(panelWidth: plan.kernels.panelWidth) {
      try plan.emitJoined(problem, parameters, x, y, fused)
      return true
    }
    if problem.isTiling, plan.concatenations.part(y) == nil {
      try plan.emitTiled(problem, parameters, x, y, fused)
      return true
    }
    try plan.emitPhases(problem, parameters, x, y, fused)
    return true
  }
}

/// A transposed convolution of known sizes over images, or over volumes whose planes count as
/// images. Its weights are [C, M / groups, kD, kH, kW], [C, M / groups, kH, kW] or [C, M / groups,
/// kW].
struct TransposedProblem: Sendable {
  /// The input. Every plane counts as an image.
  var input: ImageShape
  var output: ImageShape
  /// The number of planes of a volume.
  var inputDepth = 1
  var outputDepth = 1
  var groups: Int
  var planes = TransposedPhase.all(output: 1, kernel: 1, stride: 1, dilation: 1, padBefore: 0)
  var rows: [TransposedPhase]
  var columns: [TransposedPhase]
  /// The window over rows and columns.
  let window: ImageWindow
  /// Whether the strides equal the window's size, or the window does not move at all, so that every
  /// output element depends on one input position.
  var isTiling: Bool
  /// The sizes of the window.
  var depth = 1
  var height: Int { window.height }
  var width: Int { window.width }

  init?(_ operation: ConvTranspose, _ node: Node, _ plan: PlanBuilder) {
    guard let x = plan.sizes(node.inputs[0]), let y = plan.sizes(node.outputs[0]), (3...5).contains(x.count),
      let weight = plan.sizes(node.inputs[1]), weight.count == x.count,
      let axes = try? operation.window(kernel: Array(weight[2...])), axes.window.rank == x.count - 2,
      let extents = try? axes.extents(x[2...]), extents.map(\.output) == Array(y[2...])
    else { return nil }
    let isVolume = x.count == 5
    window = ImageWindow(axes.window, extents)
    if isVolume {
      (inputDepth, outputDepth, depth) = (x[2], y[2], axes.window.kernel[0])
      planes = TransposedPhase.all(
        output: outputDepth, kernel: depth, stride: axes.window.strides[0], dilation: axes.window.dilations[0],
        padBefore: extents[0].padBefore)
    }
    input = ImageShape(isVolume ? [x[0] * x[2], x[1], x[3], x[4]] : x)!
    output = ImageShape(isVolume ? [y[0] * y[2], y[1], y[3], y[4]] : y)!
    groups = operation.group
    rows = TransposedPhase.all(
      output: output.height, kernel: window.height, stride: window.strideY, dilation: window.dilationY,
      padBefore: window.padTop)
    columns = TransposedPhase.all(
      output: output.width, kernel: window.width, stride: window.strideX, dilation: window.dilationX,
      padBefore: window.padLeft)
    // With large strides, there would be many phases with little work each.
    guard let phases = checkedProduct([planes.count, rows.count, columns.count]), phases <= Self.mostPhases else {
      return nil
    }
    // If the input has only one row or column, the window does not move along that axis.
    let (input, output, window) = (input, output, window)
    isTiling =
      !isVolume && groups == 1 && window.padTop == 0 && window.padLeft == 0
      && (input.height == 1 || window.height == window.strideY)
      && (input.width == 1 || window.width == window.strideX)
      && axes.window.dilations.allSatisfy { $0 == 1 } && output.height == input.height * window.height
      && output.width == input.width * window.width
  }

  /// The maximum number of phases of planes, rows and columns together.
  private static var mostPhases: Int { 1 << 16 }

  var groupChannels: Int { input.channels / groups }
  var groupOutputs: Int { output.channels / groups }
  /// The number of window positions.
  var tapCount: Int { depth * height * width }
  var weightCount: Int { input.channels * groupOutputs * tapCount }
  var multiplyAccumulates: Int { saturatedProduct(input.count, groupOutputs, depth, height, width) }
  /// The maximum number of window positions that contribute to an output element.
  var mostTaps: Int { planes.map(\.taps.count).max()! * maximumPlaneTaps }
  /// The maximum within one plane of the window.
  private var maximumPlaneTaps: Int { rows.map(\.taps.count).max()! * columns.map(\.taps.count).max()! }

  /// Returns the weights of some window positions as [channels][positions][outputs], for a
  /// convolution without groups.
  func weights(_ weight: Tensor, taps: Range<Int>) -> [Float] {
    var numbers: [Float] = []
    numbers.reserveCapacity(input.channels * taps.count * output.channels)
    weight.withUnsafeBytes { bytes in
      let source = bytes.assumingMemoryBound(to: Float.self)
      for channel in 0..<input.channels {
        for tap in taps {
          for filter in 0..<output.channels {
            numbers.append(source[(channel * output.channels + filter) * tapCount + tap])
          }
        }
      }
    }
    return numbers
  }

  /// Returns the scratch memory that any part needs. A single plane may need more than several.
  func scratchByteCount(_ kernels: any ConvolutionKernels.Type) -> Int {
    let planes = planes.map(\.taps.count).max()!
    return max(
      kernels.convolutionScratch(taps: maximumPlaneTaps, channels: groupChannels),
      kernels.convolutionScratch(taps: planes * maximumPlaneTaps, channels: groupChannels))
  }
}
