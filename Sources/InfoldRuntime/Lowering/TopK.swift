import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension TopK: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let x = node.inputs[0], let sizes = plan.plannedSizes(x), let type = plan.graph[x].type?.elementType,
      let axis = try? normalizedAxis(axis, rank: sizes.count),
      node.definitions.allSatisfy({ plan.plannedSizes($0) != nil }), let known = Array(node.definitions).first
    else { return false }
    let block = AxisBlock(sizes, axis: axis)
    guard ExtremumIndices.has(type, block) else { return false }
    let order = ElementOrder(prefersGreatest: largest, prefersNaN: false)
    let leading = LeadingElements(block: block, order: order, count: plan.plannedSizes(known)![axis], type: type)
    let source = try plan.location(of: x, .rowMajor)
    var resultSizes = sizes
    resultSizes[axis] = leading.count
    let values = node.outputs[0].map { plan.define($0, .rowMajor) } ?? plan.temporary(resultSizes, source.format)
    let indices =
      node.outputs[1].map { plan.define($0, .rowMajor) } ?? plan.temporary(resultSizes, .integer(byteCount: 8))
    guard leading.count > 1 else {
      let search = ExtremumIndices(block: block, order: order, selectsLast: false, type: type)
      let step = RangeStep(
        units: search.units, cost: sizes.reduce(2, *), scratchByteCount: search.scratchByteCount
      ) { units, state, worker in
        let places = state.address(indices).assumingMemoryBound(to: Int64.self)
        search.run(units, from: state.address(source), to: places, scratch: state.scratch(of: worker))
        search.copyFound(units, from: state.address(source), at: places, to: state.address(values))
      }
      plan.emit(step, "search", reads: [source], writes: [values, indices])
      return true
    }
    let step = RangeStep(
      units: leading.units, cost: sizes.reduce(8, *), scratchByteCount: leading.scratchByteCount
    ) { units, state, worker in
      leading.run(
        units, from: state.address(source), values: state.address(values),
        indices: state.address(indices).assumingMemoryBound(to: Int64.self), scratch: state.scratch(of: worker))
    }
    plan.emit(step, "heap", reads: [source], writes: [values, indices])
    return true
  }
}
