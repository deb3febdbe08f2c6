import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension RoiAlign: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { index == 2 }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let rois = fused.node.inputs[1], let batches = fused.node.inputs[2],
      let y = fused.output, let sizes = plan.sizes(x), plan.sizes(rois) != nil, plan.plannedSizes(batches) != nil,
      let result = plan.sizes(y)
    else { return false }
    let source = try plan.location(of: x, .channelsLast)
    let regions = RegionPlaces(
      operation: self, shape: sizes, edges: try plan.location(of: rois, .rowMajor),
      batches: try plan.location(of: batches, .rowMajor))
    let target = plan.define(y, .channelsLast)
    let (kernels, pixels) = (plan.kernels, sizes[2] * sizes[3])
    let step = RangeStep(units: result[0], cost: result.reduce(4, *)) { range, state, _ in
      for index in range {
        // All regions have been checked.
        guard let samples = try? regions.samples(index, in: state) else { continue }
        samples.places.withUnsafeBufferPointer { places in
          samples.weights.withUnsafeBufferPointer { weights in
            let input = UnsafePointer(state.pointer(source))
            kernels.weighPixels(
              WeightedPixelsArguments(
                input: input + samples.batch * pixels * source.pixelStride, pixelStride: source.pixelStride,
                channels: sizes[1], taps: samples.tapsOfBin,
                places: places.baseAddress ?? UnsafePointer(UnsafeRawPointer(input).assumingMemoryBound(to: Int.self)),
                weights: weights.baseAddress ?? input, divisor: samples.divisor, takesMaximum: isMaximum,
                output: state.pointer(target) + index * samples.bins * target.pixelStride,
                outputStride: target.pixelStride),
              results: 0..<samples.bins)
          }
        }
      }
    }
    let check = CheckedStep(
      label: fused.label,
      check: { state throws(InfoldError) in
        for index in 0..<result[0] { try regions.require(index, in: state) }
      }, passes: [step])
    plan.emit(check, "weighted elements", reads: [source, regions.edges, regions.batches], writes: [target])
    return true
  }
}

/// The locations of the regions.
private struct RegionPlaces: Sendable {
  let operation: RoiAlign
  let shape: [Int]
  let edges: Location
  let batches: Location

  func samples(_ index: Int, in state: RunState) throws(InfoldError) -> RegionSamples<Float> {
    try operation.region(edges(index, in: state), batch: batch(index, in: state), of: shape)
  }

  func require(_ index: Int, in state: RunState) throws(InfoldError) {
    try operation.requireRegion(edges(index, in: state), batch: batch(index, in: state), of: shape)
  }

  private func edges(_ index: Int, in state: RunState) -> (Float, Float, Float, Float) {
    let edges = state.pointer(edges) + 4 * index
    return (edges[0], edges[1], edges[2], edges[3])
  }

  private func batch(_ index: Int, in state: RunState) -> Int {
    Int(state.address(batches).assumingMemoryBound(to: Int64.self)[index])
  }
}
