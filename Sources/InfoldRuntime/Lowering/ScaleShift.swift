import InfoldGraph
import InfoldKernelInterface

extension ScaleShift: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    isLowerable(node, plan) ? .activation : []
  }

  private func isLowerable(_ node: Node, _ plan: PlanBuilder) -> Bool {
    guard let sizes = plan.sizes(node.inputs[0]), sizes.count == 3 || sizes.count == 4 else { return false }
    return (1...2).allSatisfy { plan.sizes(node.inputs[$0]) == [sizes[1]] }
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard isLowerable(fused.node, plan), let x = fused.node.inputs[0], let scale = fused.node.inputs[1],
      let shift = fused.node.inputs[2], let y = fused.output, let image = plan.sizes(x).flatMap(ImageShape.init)
    else { return false }
    let source = try plan.location(of: x, .channelsLast)
    let scales = try plan.location(of: scale, .rowMajor), shifts = try plan.location(of: shift, .rowMajor)
    let target = plan.define(y, .channelsLast, inPlaceOf: x)
    let shape = ElementwiseShape(images: image.images, pixels: image.pixels, channels: image.channels)
    let (kernels, activation) = (plan.kernels, fused.activation)
    plan.emitElementwise(
      shape, "scale and shift", source, perChannel: [scales, shifts], write: target, cost: 2 * image.count
    ) { pixels, frame in
      kernels.scaleShift(
        ScaleShiftArguments(
          activation: activation, shape: shape,
          input: ElementwiseInput(frame.pointer(source), like: shape, pixelStride: source.pixelStride),
          scale: ElementwiseInput(perChannel: frame.pointer(scales)),
          shift: ElementwiseInput(perChannel: frame.pointer(shifts)),
          output: ElementwiseOutput(frame.pointer(target), like: shape, pixelStride: target.pixelStride)),
        pixels: pixels)
    }
    return true
  }
}
