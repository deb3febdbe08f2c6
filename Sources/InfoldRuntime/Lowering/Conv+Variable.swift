import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension PlanBuilder {
  /// A convolution over images whose weights, and bias, a run may compute.
  /// - Returns: Whether it is one that kernels compute.
  mutating func emitVariable(_ conv: Conv, _ fused: FusedNode) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let x = node.inputs[0], let w = node.inputs[1], let y = fused.output, let sizes = sizes(x),
      let weight = self.sizes(w), let result = self.sizes(y), (3...4).contains(sizes.count),
      let input = ImageShape(sizes), let output = ImageShape(result),
      let window = try? conv.window(kernel: Array(weight[2...])), let extents = try? window.extents(sizes[2...]),
      result[1].isMultiple(of: conv.group)
    else { return false }
    let bias = node.inputs.count > 2 ? node.inputs[2] : nil
    if let bias, self.sizes(bias) == nil { return false }
    let isDepthwise = conv.group > 1 && weight[1] == 1 && output.channels == conv.group && input.channels == conv.group
    let lanes = isDepthwise ? output.channels : output.channels / conv.group
    let kernels = lanes <= productKernels.vectorWidth / 2 ? kernels : productKernels
    let moving = ImageWindow(window, extents)
    let taps = moving.height * moving.width, channels = weight[1], filters = output.channels / conv.group
    let count =
      isDepthwise
      ? kernels.depthwiseWeightCount(kernelHeight: moving.height, kernelWidth: moving.width, channels: output.channels)
      : conv.group * kernels.packedCount(rows: taps * channels, columns: filters)
    let source = try location(of: x, .channelsLast), weights = try location(of: w, .rowMajor)
    var epilogue = PlannedEpilogue()
    if let bias { epilogue.bias = try location(of: bias, .rowMajor) }
    let (packed, isFinite) = (temporary([count]), temporary([1]))
    let target = define(y, .channelsLast)
    let products = saturatedProduct(output.count, taps * channels)
    let convolution = ConvolutionStep(
      kernel: .floats(kernels, epilogue),
      shape: ConvolutionShape(
        images: output.images, height: input.height, width: input.width, channels: channels,
        pixelStride: source.pixelStride, outputHeight: output.height, outputWidth: output.width,
        outputChannels: filters, outputPixelStride: target.pixelStride, window: moving),
      groups: conv.group, input: source, weights: packed, output: target)
    let depthwise = DepthwiseStep(
      kernels: kernels, image: input, result: output, window: moving, multiplyAccumulates: products, input: source,
      weights: packed, epilogue: epilogue, output: target)
    let step = VariableConvolutionStep(
      convolution: convolution, multiplication: isDepthwise ? depthwise : convolution, isDepthwise: isDepthwise,
      kernels: kernels, weights: weights, isFinite: isFinite,
      readsPadding: conv.mayPad(input: Shape(sizes), weight: weight) ?? true)
    emit(
      step, isDepthwise ? "depthwise, packed in the run" : "packed in the run",
      reads: [source, weights, epilogue.bias], writes: [packed, isFinite, target], multiplyAccumulates: products)
    return true
  }
}
