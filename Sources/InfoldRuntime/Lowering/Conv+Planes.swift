import InfoldGraph
import InfoldKernelInterface
import InfoldSystem

extension ConvolutionProblem {
  /// The maximum number of channels mixed plane by plane. With more, a matrix product is faster.
  private static let mostPlanes = 16
  /// The minimum number of pixels for which mixing planes pays off.
  private static let fewestPixels = 1024

  /// Whether each output plane is an element-wise weighted sum of few input planes.
  var mixesPlanes: Bool {
    groups == 1 && tapCount == 1 && depth == .flat && input.pixels >= Self.fewestPixels
      && input.channels <= Self.mostPlanes
      && output.channels <= Self.mostPlanes && window.strideY == 1 && window.strideX == 1 && window.padTop == 0
      && window.padLeft == 0 && input.height == output.height && input.width == output.width
      && weight.count == input.channels * output.channels
  }
}

extension PlanBuilder {
  /// Adds a 1×1 convolution of few channels stored as planes.
  ///
  /// - Returns: Whether the node is such a convolution without fused operations.
  mutating func emitPlanes(
    _ problem: ConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) -> Bool {
    guard problem.mixesPlanes, fused.residual == nil, fused.activation == .identity, layouts(of: x) == [.rowMajor],
      plannedSizes(x)?.first == problem.input.images, concatenations.part(y) == nil
    else { return false }
    let source = try location(of: x, .rowMajor)
    let weights = location(of: .constant(problem.weight))
    let bias = problem.bias.map { location(of: .constant($0)) }
    let target = define(y, .rowMajor)
    let (inputs, outputs, pixels) = (problem.input.channels, problem.output.channels, problem.input.pixels)
    let kernels = lanewiseKernels
    // This many elements of a few planes stay in the first-level cache.
    let length = 1024, parts = (pixels + length - 1) / length
    let step = RangeStep(
      units: problem.input.images * parts, cost: problem.multiplyAccumulates / 2 + problem.input.count
    ) { units, state, _ in
      for unit in units {
        let (image, part) = unit.quotientAndRemainder(dividingBy: parts)
        kernels.mixPlanes(
          PlaneMixArguments(
            input: state.pointer(source) + image * inputs * pixels, inputStride: pixels, inputs: inputs,
            weights: state.pointer(weights), bias: bias.map { UnsafePointer(state.pointer($0)) },
            output: state.pointer(target) + image * outputs * pixels, outputStride: pixels, outputs: outputs),
          elements: part * length..<min((part + 1) * length, pixels))
      }
    }
    emit(
      step, "planes", reads: [source, weights, bias], writes: [target],
      multiplyAccumulates: problem.multiplyAccumulates)
    return true
  }
}
