import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

extension QLinearAdd: LoweredOperator {
  private struct Problem {
    var a: PlannedQuantization
    var b: PlannedQuantization
    var y: PlannedQuantization
  }

  /// Returns the quantizations of a sum of two values of the same sizes.
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
    let kernels = plan.byteKernels
    let quantization = problem.y.kernelArguments(
      bounds: problem.y.clipped(by: fused.activation, offset: plan.format(of: y)!.offset))
    try plan.emitPixelwise([a, b], to: y, "int8 sum") { loops, operands, result, pixels, state in
      kernels.add(
        ByteAdditionArguments(
          a: loops.pixels(0, state.bytes(operands[0])), scaleA: problem.a.scale, zeroPointA: problem.a.zeroPoint,
          b: loops.pixels(1, state.bytes(operands[1])), scaleB: problem.b.scale, zeroPointB: problem.b.zeroPoint,
          output: loops.pixels(nil, state.bytes(result)), quantization: quantization),
        pixels: pixels)
    }
    return true
  }
}
