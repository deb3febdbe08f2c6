import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension ReduceLogSum: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let reduced = try plan.reduced(fused, axes) else { return false }
    let sums = plan.temporary(reduced.kept)
    plan.emitReduction(.sum, reduced.sizes, reduced.isReduced, from: reduced.source, to: sums)
    plan.emitUnary(.logarithm, reduced.kept, from: sums, to: plan.define(reduced.result, .rowMajor))
    return true
  }
}

extension ReduceLogSumExp: LoweredOperator {
  /// Computes log Σ exp(x − m) + m, where m is the maximum clipped to finite numbers.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let reduced = try plan.reduced(fused, axes) else { return false }
    let (sizes, kept, isReduced) = (reduced.sizes, reduced.kept, reduced.isReduced)
    let maxima = plan.temporary(kept), sums = plan.temporary(kept), powers = plan.temporary(sizes)
    plan.emitReduction(.maximum, sizes, isReduced, from: reduced.source, to: maxima)
    let bound = Float.greatestFiniteMagnitude
    plan.emitUnary(.clip, alpha: -bound, beta: bound, kept, from: maxima, to: maxima)
    let operands = try plan.inThreeLoops([(sizes, reduced.source), (kept, maxima)], to: (sizes, powers))
    plan.emitBinary(.subtract, operands[0], operands[1], to: (sizes, powers))
    plan.emitUnary(.exponential, sizes, from: powers, to: powers)
    plan.emitReduction(.sum, sizes, isReduced, from: powers, to: sums)
    plan.emitUnary(.logarithm, kept, from: sums, to: sums)
    plan.emitBinary(.add, (kept, sums), (kept, maxima), to: (kept, plan.define(reduced.result, .rowMajor)))
    return true
  }
}

extension PlanBuilder {
  /// Returns the operands of a reduction in row-major layout; `nil` if kernels do not support it.
  fileprivate mutating func reduced(
    _ fused: FusedNode, _ axes: ReductionAxes
  ) throws(InfoldError) -> (source: Location, sizes: [Int], isReduced: [Bool], kept: [Int], result: ValueID)? {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = sizes(x), self.sizes(y) != nil,
      let isReduced = reducedAxes(fused.node, axes, rank: sizes.count)
    else { return nil }
    let kept = sizes.indices.map { isReduced[$0] ? 1 : sizes[$0] }
    return (try location(of: x, .rowMajor), sizes, isReduced, kept, y)
  }
}
