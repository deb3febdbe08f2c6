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
    let kernels = output.channels / conv.group <= productKernels.vectorWidth / 2 ? kernels : productKernels
    let moving = ImageWindow(window, extents)
    let taps = moving.height * moving.width, channels = weight[1], filters = output.channels / conv.group
    let count = kernels.packedCount(rows: taps * channels, columns: filters)
    let source = try location(of: x, .channelsLast), weights = try location(of: w, .rowMajor)
    var epilogue = PlannedEpilogue()
    if let bias { epilogue.bias = try location(of: bias, .rowMajor) }
    let (packed, isFinite) = (temporary([conv.group * count]), temporary([1]))
    let target = define(y, .channelsLast)
    let step = VariableConvolutionStep(
      convolution: ConvolutionStep(
        kernel: .floats(kernels, epilogue),
        shape: ConvolutionShape(
          images: output.images, height: input.height, width: input.width, channels: channels,
          pixelStride: source.pixelStride, outputHeight: output.height, outputWidth: output.width,
          outputChannels: filters, outputPixelStride: target.pixelStride, window: moving),
        groups: conv.group, input: source, weights: packed, output: target),
      kernels: kernels, weights: weights, isFinite: isFinite,
      readsPadding: conv.mayPad(input: Shape(sizes), weight: weight) ?? true)
    emit(
      step, "packed in the run", reads: [source, weights, epilogue.bias], writes: [packed, isFinite, target],
      multiplyAccumulates: saturatedProduct(output.count, taps * channels))
    return true
  }
}
