import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// How kernels compute a node.
protocol Lowering {
  /// What its kernel can do behind it, for this node; nothing when the node cannot be lowered.
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability

  /// Adds the steps that compute the node and what was fused into it.
  /// - Returns: Whether that is possible. If not, nothing has been added, and the reference evaluation runs.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool
}

extension Lowering {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability { [] }
}

/// An operator that kernels can compute.
protocol LoweredOperator: Operator, Lowering {}

extension PlanBuilder {
  /// How kernels compute a node: as its operator does by itself, or as all do that are one function of each number, or of two. `nil`
  /// for a node that they do not compute.
  func lowering(of node: Node) -> (any Lowering)? {
    if let lowered = node.typed as? any LoweredOperator { return lowered }
    if let combination = node.typed?.elementCombination { return BinaryLowering(combination: combination) }
    return graph.elementFunction(of: node).map(UnaryLowering.init)
  }

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
