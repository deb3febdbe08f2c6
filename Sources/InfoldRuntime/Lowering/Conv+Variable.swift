import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension PlanBuilder {
  /// Adds a convolution over images or volumes whose weights and bias may be computed at run time.
  ///
  /// - Returns: Whether kernels support it.
  mutating func emitVariable(_ conv: Conv, _ fused: FusedNode) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let x = node.inputs[0], let w = node.inputs[1], let y = fused.output, let sizes = sizes(x),
      let weight = self.sizes(w), let result = self.sizes(y), weight.count > 2, result[1].isMultiple(of: conv.group),
      let geometry = ConvolutionGeometry(
        conv, input: sizes, output: result, kernel: Array(weight[2...]), isWhole: true)
    else { return false }
    let bias = node.inputs.count > 2 ? node.inputs[2] : nil
    if let bias, self.sizes(bias) == nil { return false }
    let lanes = lanesKernels(for: geometry)
    let kernels =
      geometry.isDepthwise || geometry.suitsLanes(lanes)
      ? lanes : geometry.groupOutputs <= productKernels.vectorWidth / 2 ? kernels : productKernels
    let packing = VariableConvolutionStep.Packing(geometry, kernels)
    let source = try location(of: x, .channelsLast), weights = try location(of: w, .rowMajor)
    var epilogue = PlannedEpilogue()
    if let bias { epilogue.bias = try location(of: bias, .rowMajor) }
    let packed = temporary([packing.count(geometry, kernels)]),
      areFinite = temporary([packing.units(geometry, kernels)])
    let target = define(y, .channelsLast)
    let products = saturatedProduct(geometry.output.count, geometry.groupChannels, geometry.tapCount)
    let convolution = ConvolutionStep(
      kernel: .floats(kernels, epilogue), shape: ConvolutionShape(geometry, input: source, output: target),
      groups: geometry.groups, input: source, weights: packed, output: target)
    let multiplication: any Step =
      switch packing {
      case .panels: convolution
      case .depthwise:
        DepthwiseStep(
          kernels: kernels, image: geometry.input, result: geometry.output, window: geometry.window,
          multiplyAccumulates: products, input: source, weights: packed, epilogue: epilogue, output: target)
      case .lanes(let scratchByteCount):
        LanesStep(
          kernels: kernels, groups: geometry.channelGroups, image: geometry.input, result: geometry.output,
          window: geometry.window, depth: geometry.depth, multiplyAccumulates: products,
          scratchByteCount: scratchByteCount, input: source, weights: packed, epilogue: epilogue, output: target)
      }
    let step = VariableConvolutionStep(
      convolution: convolution, multiplication: multiplication, geometry: geometry, packing: packing, kernels: kernels,
      weights: weights, areFinite: areFinite)
    emit(
      step, packing.algorithm, reads: [source, weights, epilogue.bias], writes: [packed, areFinite, target],
      multiplyAccumulates: products)
    return true
  }
}
