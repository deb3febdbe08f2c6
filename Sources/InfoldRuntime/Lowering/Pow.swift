import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

extension Pow: LoweredOperator {
  /// A constant exponent that is one number and needs no logarithm: 1, 2, 3, −1 and ½.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x), plan.sizes(y) == sizes,
      let tensor = fused.node.inputs[1].flatMap(plan.graph.constant), tensor.count == 1,
      let exponent = try tensor.numbers().first,
      [1, 2, 3, -1, 0.5].contains(exponent)
    else { return false }
    let layout: Layout = plan.layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try plan.location(of: x, layout)
    // The third power reads the base again when the square is there.
    let target = plan.define(y, layout, inPlaceOf: exponent == 3 ? nil : x)
    switch exponent {
    case 1: plan.emitUnary(.identity, sizes, from: source, to: target)
    case -1: plan.emitUnary(.reciprocal, sizes, from: source, to: target)
    case 0.5: plan.emitUnary(.halfPower, sizes, from: source, to: target)
    default:
      plan.emitBinary(.multiply, (sizes, source), (sizes, source), to: (sizes, target))
      if exponent == 3 { plan.emitBinary(.multiply, (sizes, target), (sizes, source), to: (sizes, target)) }
    }
    return true
  }
}
