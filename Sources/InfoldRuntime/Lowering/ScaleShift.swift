import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

extension ScaleShift: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    plan.isImageWithParameters(node) ? .activation : []
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard plan.isImageWithParameters(fused.node), let x = fused.node.inputs[0], let scale = fused.node.inputs[1],
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

extension ChannelNormalization: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    plan.isImageWithParameters(node) ? .activation : []
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard plan.isImageWithParameters(fused.node), let x = fused.node.inputs[0], let y = fused.output,
      let image = plan.sizes(x).flatMap(ImageShape.init)
    else { return false }
    let source = try plan.location(of: x, .channelsLast)
    var parameters: [Location] = []
    for input in fused.node.inputs[1...] { parameters.append(try plan.location(of: input!, .rowMajor)) }
    let target = plan.define(y, .channelsLast, inPlaceOf: x)
    let shape = ElementwiseShape(images: image.images, pixels: image.pixels, channels: image.channels)
    let (kernels, activation) = (plan.kernels, fused.activation)
    plan.emitElementwise(
      shape, "normalization of channels", source, perChannel: parameters, write: target, cost: 3 * image.count
    ) { [parameters] pixels, frame in
      kernels.channelNormalization(
        ChannelNormalizationArguments(
          activation: activation, shape: shape,
          input: ElementwiseInput(frame.pointer(source), like: shape, pixelStride: source.pixelStride),
          mean: frame.pointer(parameters[0]), factor: frame.pointer(parameters[1]), scale: frame.pointer(parameters[2]),
          shift: frame.pointer(parameters[3]),
          output: ElementwiseOutput(frame.pointer(target), like: shape, pixelStride: target.pixelStride)),
        pixels: pixels)
    }
    return true
  }
}

extension PlanBuilder {
  /// Whether a node's first input is an image, and the others have one number for each of its channels.
  fileprivate func isImageWithParameters(_ node: Node) -> Bool {
    guard let sizes = sizes(node.inputs[0]), sizes.count == 3 || sizes.count == 4 else { return false }
    return node.inputs[1...].allSatisfy { self.sizes($0) == [sizes[1]] }
  }
}
