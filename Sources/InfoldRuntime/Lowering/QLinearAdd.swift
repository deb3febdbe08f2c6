import InfoldGraph
import InfoldKernelInterface

extension QLinearAdd: LoweredOperator {
  private struct Problem {
    var a: PlannedQuantization
    var b: PlannedQuantization
    var y: PlannedQuantization
  }

  /// The sum of two values of the same sizes.
  private func problem(_ node: Node, _ plan: PlanBuilder) -> Problem? {
    let inputs = node.inputs
    guard let sizes = plan.byteSizes(inputs[0]), sizes == plan.byteSizes(inputs[3]),
      let a = plan.quantization(of: inputs[0], scale: inputs[1], zeroPoint: inputs[2]),
      let b = plan.quantization(of: inputs[3], scale: inputs[4], zeroPoint: inputs[5]),
      let y = plan.quantization(of: node.outputs[0], scale: inputs[6], zeroPoint: inputs[7])
    else { return nil }
    return Problem(a: a, b: b, y: y)
  }

  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    problem(node, plan) == nil ? [] : .activation
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let problem = problem(fused.node, plan), let a = fused.node.inputs[0], let b = fused.node.inputs[3],
      let y = fused.output
    else { return false }
    let isChannelsLast = [a, b].contains { plan.layouts(of: $0).contains(.channelsLast) }
    let layout: Layout = isChannelsLast ? .channelsLast : .rowMajor
    let first = try plan.location(of: a, layout), second = try plan.location(of: b, layout)
    let target = plan.define(y, layout)
    let kernels = plan.byteKernels
    let arguments = problem.y.kernelArguments(
      bounds: problem.y.clipped(by: fused.activation, offset: plan.byteOffset(y)))
    let (left, right) = (plan.pixels(of: a, at: first), plan.pixels(of: b, at: second))
    let output = plan.pixels(of: y, at: target)
    let step = RangeStep(units: output.count, cost: output.count * output.channels) { pixels, frame, _ in
      kernels.add(
        ByteAdditionArguments(
          a: BytePixels(frame.bytes(first), channels: left.channels, pixelStride: left.stride),
          scaleA: problem.a.scale, zeroPointA: problem.a.zeroPoint,
          b: BytePixels(frame.bytes(second), channels: right.channels, pixelStride: right.stride),
          scaleB: problem.b.scale, zeroPointB: problem.b.zeroPoint,
          output: BytePixels(frame.bytes(target), channels: output.channels, pixelStride: output.stride),
          quantization: arguments),
        pixels: pixels)
    }
    plan.emit(step, "int8 sum", reads: [first, second], writes: [target])
    return true
  }
}
