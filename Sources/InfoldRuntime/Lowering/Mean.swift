import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Mean: LoweredOperator {
  /// A sum, which is divided where it lies.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let count = fused.node.inputs.count
    guard count > 1, let y = fused.output, let sizes = plan.sizes(y) else { return false }
    let divisor = try Tensor(scalar: Float(count))
    guard try BinaryLowering(combination: ElementCombination(.sum, broadcast)).lower(fused, into: &plan),
      let layout = plan.layouts(of: y).first
    else { return false }
    let place = try plan.location(of: y, layout), number = plan.location(of: .constant(divisor))
    plan.emitBinary(.divide, (sizes, place), ([], number), to: (sizes, place))
    return true
  }
}
