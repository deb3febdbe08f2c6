import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

extension ChannelShuffle: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let image = plan.sizes(x).flatMap(ImageShape.init)
    else { return false }
    let source = try plan.location(of: x, .channelsLast)
    let target = plan.define(y, .channelsLast)
    let shape = ElementwiseShape(images: image.images, pixels: image.pixels, channels: image.channels)
    let (kernels, groups) = (plan.kernels, groups)
    let step = RangeStep(units: shape.unitCount, cost: 2 * image.count) { pixels, frame, _ in
      kernels.shuffleChannels(
        ChannelShuffleArguments(
          shape: shape, input: ElementwiseInput(frame.pointer(source), like: shape, pixelStride: source.pixelStride),
          output: ElementwiseOutput(frame.pointer(target), like: shape, pixelStride: target.pixelStride),
          groups: groups),
        pixels: pixels)
    }
    plan.emit(step, "shuffle", reads: [source], writes: [target])
    return true
  }
}
