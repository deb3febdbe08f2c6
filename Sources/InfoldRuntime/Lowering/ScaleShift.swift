import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

extension ScaleShift: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    plan.channelLoops(node) == nil ? [] : .activation
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let (shape, layout) = plan.channelLoops(fused.node), let x = fused.node.inputs[0],
      let sizes = plan.sizes(x), let scale = fused.node.inputs[1], let shift = fused.node.inputs[2],
      let y = fused.output
    else { return false }
    let source = try plan.location(of: x, layout)
    let scales = try plan.location(of: scale, .rowMajor), shifts = try plan.location(of: shift, .rowMajor)
    let target = plan.define(y, layout, inPlaceOf: x)
    let (kernels, activation) = (plan.lanewiseKernels, fused.activation)
    plan.emitElementwise(
      shape, ImageRows(sizes, at: target), "scale and shift", source, perChannel: [scales, shifts], write: target,
      cost: 2 * shape.count
    ) { pixels, places in
      kernels.scaleShift(
        ScaleShiftArguments(
          activation: activation, shape: shape,
          input: ElementwiseInput(places.source(source), like: shape, pixelStride: source.pixelStride),
          scale: ElementwiseInput(perChannel: places.source(scales)),
          shift: ElementwiseInput(perChannel: places.source(shifts)),
          output: ElementwiseOutput(places.target(target), like: shape, pixelStride: target.pixelStride)),
        pixels: pixels)
    }
    return true
  }
}

extension ChannelNormalization: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    plan.channelLoops(node) == nil ? [] : .activation
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let (shape, layout) = plan.channelLoops(fused.node), let x = fused.node.inputs[0],
      let sizes = plan.sizes(x), let y = fused.output
    else { return false }
    let source = try plan.location(of: x, layout)
    var parameters: [Location] = []
    for input in fused.node.inputs[1...] { parameters.append(try plan.location(of: input!, .rowMajor)) }
    let target = plan.define(y, layout, inPlaceOf: x)
    let (kernels, activation) = (plan.lanewiseKernels, fused.activation)
    plan.emitElementwise(
      shape, ImageRows(sizes, at: target), "normalization of channels", source, perChannel: parameters, write: target,
      cost: 3 * shape.count
    ) { [parameters] pixels, places in
      kernels.channelNormalization(
        ChannelNormalizationArguments(
          activation: activation, shape: shape,
          input: ElementwiseInput(places.source(source), like: shape, pixelStride: source.pixelStride),
          mean: places.source(parameters[0]), factor: places.source(parameters[1]), scale: places.source(parameters[2]),
          shift: places.source(parameters[3]),
          output: ElementwiseOutput(places.target(target), like: shape, pixelStride: target.pixelStride)),
        pixels: pixels)
    }
    return true
  }
}

extension PlanBuilder {
  /// Returns the loops over a node's first input, [N, C] or an image, and the layout in which its
  /// channels are contiguous. Returns `nil` for a first input of another shape, and if another
  /// input does not have one number per channel.
  fileprivate func channelLoops(_ node: Node) -> (shape: ElementwiseShape, layout: Layout)? {
    guard let sizes = sizes(node.inputs[0]), (2...5).contains(sizes.count),
      node.inputs[1...].allSatisfy({ self.sizes($0) == [sizes[1]] })
    else { return nil }
    guard let image = ImageShape(sizes) else {
      return (ElementwiseShape(images: 1, pixels: sizes[0], channels: sizes[1]), .rowMajor)
    }
    return (ElementwiseShape(images: image.images, pixels: image.pixels, channels: image.channels), .channelsLast)
  }
}
