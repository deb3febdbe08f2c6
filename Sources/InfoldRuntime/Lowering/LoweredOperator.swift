import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that kernels can compute.
protocol LoweredOperator: Operator {
  /// What its kernel can do behind it, for this node; nothing when the node cannot be lowered.
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability

  /// Adds the steps that compute the node and what was fused into it.
  /// - Returns: Whether that is possible. If not, nothing has been added, and the reference evaluation runs.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool
}

extension LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability { [] }
}

extension PlanBuilder {
  /// The epilogue of a node whose output lies in `layout`.
  mutating func epilogue(
    _ fused: FusedNode, bias: Tensor?, layout: Layout
  ) throws(InfoldError) -> PlannedEpilogue {
    var epilogue = PlannedEpilogue(activation: fused.activation, activatesFirst: fused.activatesFirst)
    if let bias { epilogue.bias = location(of: .constant(bias)) }
    if let residual = fused.residual { epilogue.residual = try location(of: residual, layout) }
    return epilogue
  }
}
