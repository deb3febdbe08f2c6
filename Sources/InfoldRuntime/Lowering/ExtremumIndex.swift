import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// An operator that finds the index of the largest or smallest element along an axis.
protocol ExtremumIndexLowering: LoweredOperator, ExtremumIndexOperator {
  static var prefersGreatest: Bool { get }
}

extension ArgMax: ExtremumIndexLowering {
  static var prefersGreatest: Bool { true }
}

extension ArgMin: ExtremumIndexLowering {
  static var prefersGreatest: Bool { false }
}

extension ExtremumIndexLowering {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.plannedSizes(x),
      plan.plannedSizes(y) != nil, let type = plan.graph[x].type?.elementType,
      let axis = try? normalizedAxis(search.axis, rank: sizes.count)
    else { return false }
    let block = AxisBlock(sizes, axis: axis)
    guard ExtremumIndices.has(type, block) else { return false }
    let search = ExtremumIndices(
      block: block, order: ElementOrder(prefersGreatest: Self.prefersGreatest, prefersNaN: true),
      selectsLast: search.selectsLast, type: type)
    let source = try plan.location(of: x, .rowMajor), target = plan.define(y, .rowMajor)
    let step = RangeStep(
      units: search.units, cost: sizes.reduce(2, *), scratchByteCount: search.scratchByteCount
    ) { units, state, worker in
      search.run(
        units, from: state.address(source), to: state.address(target).assumingMemoryBound(to: Int64.self),
        scratch: state.scratch(of: worker))
    }
    plan.emit(step, "search", reads: [source], writes: [target])
    return true
  }
}
