import InfoldGraph
import InfoldKernelInterface
import InfoldSystem

extension PlanBuilder {
  /// Returns the kernels for a convolution of small groups: those with the widest vectors, if the
  /// output channels fill more than half of one.
  func lanesKernels(for problem: some ConvolutionSizes) -> any ConvolutionKernels.Type {
    problem.output.channels <= productKernels.vectorWidth / 2 ? kernels : productKernels
  }

  /// Adds a convolution of small groups of channels, each in its own lanes.
  mutating func emitLanes(
    _ problem: ConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let kernels: any ConvolutionKernels.Type = lanesKernels(for: problem)
    let (groups, window, depth) = (problem.channelGroups, problem.window, problem.depth)
    let constant = try packed.constant(
      of: [problem.weight], form: "lanes of \(groups.count) groups, \(kernels.name)\(problem.tapsText)",
      byteCount: kernels.groupedWeightCount(groups, taps: problem.tapCount) * MemoryLayout<Float>.stride
    ) { target in
      problem.withWeights { weights in
        kernels.packGroupedWeights(
          weights, groups, rows: depth.size * window.height, columns: window.width,
          into: target.assumingMemoryBound(to: Float.self))
      }
    }
    let input = try location(of: x, .channelsLast)
    let weights = location(of: .packed(constant))
    let epilogue = try epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let output = define(y, .channelsLast)
    let step = LanesStep(
      kernels: kernels, groups: groups, image: problem.input, result: problem.output, window: window, depth: depth,
      multiplyAccumulates: problem.multiplyAccumulates,
      scratchByteCount: kernels.groupedConvolutionScratch(
        groups, window, depth, outputWidth: problem.output.width)!, input: input, weights: weights,
      epilogue: epilogue, output: output)
    emit(
      step, problem.isDepthwise ? "depthwise lanes" : "lanes",
      reads: [input, weights, epilogue.bias, epilogue.residual], writes: [output],
      multiplyAccumulates: problem.multiplyAccumulates)
  }
}
