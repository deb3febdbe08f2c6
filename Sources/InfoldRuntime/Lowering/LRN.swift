import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

extension LRN: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let image = plan.sizes(x).flatMap(ImageShape.init)
    else { return false }
    let source = try plan.location(of: x, .channelsLast)
    let target = plan.define(y, .channelsLast)
    let shape = ElementwiseShape(images: image.images, pixels: image.pixels, channels: image.channels)
    // Sums that reach past all channels on both sides are the same, however far they reach.
    let reach = min(size, 2 * image.channels + 1)
    let alpha = reach == size ? alpha : alpha * Float(reach) / Float(size)
    let (kernels, beta, bias) = (plan.kernels, beta, bias)
    let scratch = LocalResponseNormalizationArguments.scratchCount(channels: image.channels, size: reach)
    let step = RangeStep(
      units: shape.unitCount, cost: 16 * image.count, scratchByteCount: scratch * MemoryLayout<Float>.stride
    ) { pixels, state, worker in
      kernels.localResponseNormalization(
        LocalResponseNormalizationArguments(
          shape: shape, input: ElementwiseInput(state.pointer(source), like: shape, pixelStride: source.pixelStride),
          output: ElementwiseOutput(state.pointer(target), like: shape, pixelStride: target.pixelStride), size: reach,
          alpha: alpha, beta: beta, bias: bias, scratch: state.scratch(of: worker).assumingMemoryBound(to: Float.self)),
        pixels: pixels)
    }
    plan.emit(step, "local response normalization", reads: [source], writes: [target])
    return true
  }
}
