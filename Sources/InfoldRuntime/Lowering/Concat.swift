import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Concat: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  /// Lowers a concatenation. Along the channels of channels-last operands, it copies those operands
  /// that were not written in place. Otherwise it copies runs of row-major elements.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let values = fused.node.inputs.compactMap { $0 }
    guard let y = fused.output, let sizes = plan.plannedSizes(y),
      values.allSatisfy({ plan.plannedSizes($0) != nil && plan.format(of: $0) == plan.format(of: y) }),
      let axis = try? normalizedAxis(axis, rank: sizes.count)
    else { return false }
    let isInChannels = axis == 1 && ImageShape(sizes) != nil
    let isBegun = plan.locations[y.index][.channelsLast] != nil
    if isBegun || isInChannels && values.contains(where: { !plan.layouts(of: $0).contains(.rowMajor) }) {
      try copyChannels(values, y, ImageShape(sizes)!, into: &plan)
    } else {
      try copyRuns(values, y, sizes, axis, into: &plan)
    }
    return true
  }

  private func copyChannels(
    _ values: [ValueID], _ y: ValueID, _ image: ImageShape, into plan: inout PlanBuilder
  ) throws(InfoldError) {
    let whole = plan.concatenated(y)
    var slice = whole
    for value in values {
      let channels = plan.plannedSizes(value)![1]
      let source = try plan.location(of: value, .channelsLast)
      if source != slice {
        let copy = CopiedRows(
          source: source, sourceStride: source.pixelStride, target: slice, targetStride: slice.pixelStride,
          count: channels)
        plan.emit(
          RangeStep.copy(rows: image.images * image.pixels, [copy]), "copy", reads: [source], writes: [slice])
      }
      slice.offset += channels
    }
  }

  private func copyRuns(
    _ values: [ValueID], _ y: ValueID, _ sizes: [Int], _ axis: Int, into plan: inout PlanBuilder
  ) throws(InfoldError) {
    var sources: [(place: Location, count: Int)] = []
    for value in values {
      sources.append((try plan.location(of: value, .rowMajor), plan.plannedSizes(value)![axis...].reduce(1, *)))
    }
    let target = plan.define(y, .rowMajor)
    var part = target
    var copies: [CopiedRows] = []
    for (source, count) in sources {
      copies.append(
        CopiedRows(
          source: source, sourceStride: count, target: part, targetStride: sizes[axis...].reduce(1, *), count: count))
      part.offset += count
    }
    let step = RangeStep.copy(rows: sizes[..<axis].reduce(1, *), copies)
    plan.emit(step, "copy", reads: sources.map(\.place), writes: [target])
  }
}
