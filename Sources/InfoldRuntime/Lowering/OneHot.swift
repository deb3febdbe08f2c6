import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension OneHot: LoweredOperator {
  /// Integers among the values are moved to the result.
  func movesIntegers(ofInput index: Int) -> Bool { index == 2 }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let indices = fused.node.inputs[0], let depth = fused.node.inputs[1], let values = fused.node.inputs[2],
      let y = fused.output, plan.graph.constant(depth) != nil, let sizes = plan.plannedSizes(y),
      plan.plannedSizes(indices) != nil, plan.plannedSizes(values) != nil,
      let type = plan.graph[indices].type?.elementType, type == .int64 || type == .int32,
      let format = plan.format(of: y), plan.format(of: values) == format,
      let axis = try? normalizedAxis(axis, rank: sizes.count)
    else { return false }
    let block = AxisBlock(sizes, axis: axis)
    let places = try plan.location(of: indices, .rowMajor), choices = try plan.location(of: values, .rowMajor)
    let target = plan.define(y, .rowMajor)
    let fill = OneHotFill(
      block: block, indices: places, isInt64: type == .int64, values: choices, target: target,
      countsFromEnd: countsFromEnd)
    let step = RangeStep(units: block.outer, cost: sizes.reduce(1, *)) { outer, state, _ in fill.run(outer, in: state) }
    plan.emit(step, "fill", reads: [places, choices], writes: [target])
    return true
  }
}

/// Writes a list of values for each index: the second value at that index, and the first value
/// elsewhere.
private struct OneHotFill: Sendable {
  /// The lists: `count` is the length of one.
  let block: AxisBlock
  let indices: Location
  /// Whether indices have 64 bits instead of 32.
  let isInt64: Bool
  let values: Location
  let target: Location
  let countsFromEnd: Bool

  func run(_ outer: Range<Int>, in state: RunState) {
    switch target.format.width {
    case .one: run(outer, state, as: UInt8.self)
    case .two: run(outer, state, as: UInt16.self)
    case .four: run(outer, state, as: UInt32.self)
    case .eight: run(outer, state, as: UInt64.self)
    }
  }

  private func run<Bits: BitPattern>(_ outer: Range<Int>, _ state: RunState, as _: Bits.Type) {
    let places = state.address(indices)
    if isInt64 {
      run(outer, places.assumingMemoryBound(to: Int64.self), state, as: Bits.self)
    } else {
      run(outer, places.assumingMemoryBound(to: Int32.self), state, as: Bits.self)
    }
  }

  private func run<Bits: BitPattern, Index: FixedWidthInteger>(
    _ outer: Range<Int>, _ indices: UnsafePointer<Index>, _ state: RunState, as _: Bits.Type
  ) {
    let values = state.address(values).assumingMemoryBound(to: Bits.self)
    let y = state.address(target).assumingMemoryBound(to: Bits.self)
    for part in outer {
      let result = y + part * block.count * block.stride
      result.update(repeating: values[0], count: block.count * block.stride)
      for place in 0..<block.stride {
        let given = Int(indices[part * block.stride + place])
        let chosen = given < 0 && countsFromEnd ? given + block.count : given
        if chosen >= 0, chosen < block.count { result[chosen * block.stride + place] = values[1] }
      }
    }
  }
}
