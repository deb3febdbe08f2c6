import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension CumSum: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.plannedSizes(x),
      plan.plannedSizes(y) == sizes, let type = plan.graph[x].type?.elementType, RunningSums.has(type),
      let given = fused.node.inputs[1].flatMap(plan.graph.constant),
      let axis = try? normalizedAxis(given.integers()[0], rank: sizes.count)
    else { return false }
    let sums = RunningSums(
      block: AxisBlock(sizes, axis: axis), isExclusive: isExclusive, isReversed: isReversed, type: type)
    let source = try plan.location(of: x, .rowMajor), target = plan.define(y, .rowMajor)
    let step = RangeStep(units: sums.units, cost: sizes.reduce(2, *)) { units, state, _ in
      sums.run(units, from: state.address(source), to: state.address(target))
    }
    plan.emit(step, "running sums", reads: [source], writes: [target])
    return true
  }
}
