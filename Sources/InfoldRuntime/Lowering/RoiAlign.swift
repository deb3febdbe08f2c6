import InfoldGraph
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
    let (bins, pixels) = (result[2] * result[3], sizes[0] * sizes[2] * sizes[3])
    let (inputCount, count) = ((pixels - 1) * source.pixelStride + sizes[1], bins * target.pixelStride)
    let step = RangeStep(units: result[0], cost: result.reduce(32, *)) { range, frame, _ in
      let x = UnsafeBufferPointer(start: frame.pointer(source), count: inputCount)
      for index in range {
        // All have been looked at.
        guard let samples = try? regions.samples(index, in: frame) else { continue }
        var y = UnsafeMutableBufferPointer(start: frame.pointer(target) + index * count, count: count).mutableSpan
        samples.pool(
          channelsLast: x.span, pixelStride: source.pixelStride, to: &y, at: 0, binStride: target.pixelStride)
      }
    }
    let check = CheckedStep(
      label: fused.label,
      check: { frame throws(InfoldError) in
        for index in 0..<result[0] { _ = try regions.samples(index, in: frame) }
      }, passes: [step])
    plan.emit(check, "weighted elements", reads: [source, regions.edges, regions.batches], writes: [target])
    return true
  }
}

/// Where the regions of a run stand.
private struct RegionPlaces: Sendable {
  let operation: RoiAlign
  let shape: [Int]
  let edges: Location
  let batches: Location

  func samples(_ index: Int, in frame: Frame) throws(InfoldError) -> RegionSamples<Float> {
    let edges = frame.pointer(edges) + 4 * index
    let batch = frame.address(batches).assumingMemoryBound(to: Int64.self)[index]
    return try operation.region((edges[0], edges[1], edges[2], edges[3]), batch: Int(batch), of: shape)
  }
}
