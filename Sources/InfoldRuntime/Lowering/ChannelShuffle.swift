import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

extension ChannelShuffle: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output,
      let image = plan.plannedSizes(x).flatMap(ImageShape.init)
    else { return false }
    let source = try plan.location(of: x, .channelsLast)
    let target = plan.define(y, .channelsLast)
    let (kernels, groups) = (plan.kernels, groups)
    let step = RangeStep(units: image.images * image.pixels, cost: 2 * image.count) { pixels, state, _ in
      kernels.shuffleChannels(
        ChannelShuffleArguments(
          input: state.address(source), inputStride: source.pixelStride, output: state.address(target),
          outputStride: target.pixelStride, channels: image.channels, groups: groups,
          elementByteCount: source.format.byteCount),
        pixels: pixels)
    }
    plan.emit(step, "shuffle", reads: [source], writes: [target])
    return true
  }
}
