import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// A way to compute a node with kernels.
protocol Lowering {
  /// Returns whether integers in input `index` are data, which may be computed at run time.
  /// Otherwise they are parameters, such as axes, which must be constant. Input 0 is always data.
  func movesIntegers(ofInput index: Int) -> Bool

  /// Returns the epilogues that the kernel supports for this node; empty if the node cannot be
  /// lowered.
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability

  /// Adds the steps that compute the node and the nodes fused into it.
  ///
  /// - Returns: Whether kernels support the node. If not, nothing has been added, and the node runs
  ///   by its reference evaluation.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool
}

extension Lowering {
  func movesIntegers(ofInput index: Int) -> Bool { false }

  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability { [] }
}

/// An operator that kernels can compute.
protocol LoweredOperator: Operator, Lowering {}

extension Graph {
  /// Returns the lowering of a node: that of its operator, or the common one of all element-wise
  /// functions of one or two numbers. Returns `nil` for a node that kernels do not compute.
  ///
  /// Kernels do not compute a node if one of its parameters, such as a shape or an axis, is
  /// computed at run time. Only the operator's own evaluation checks such parameters, even if a
  /// kernel would not need them. Elements that the node computes with or moves are not parameters.
  func lowering(of node: Node) -> (any Lowering)? {
    guard let lowering = anyLowering(of: node) else { return nil }
    let isDecided = node.inputs.enumerated().dropFirst().allSatisfy { index, id in
      guard let id, let type = self[id].type?.elementType else { return true }
      return [.float32, .uint8, .int8].contains(type) || lowering.movesIntegers(ofInput: index)
        || constant(id) != nil
    }
    return isDecided ? lowering : nil
  }

  private func anyLowering(of node: Node) -> (any Lowering)? {
    if let lowered = node.typed as? any LoweredOperator { return lowered }
    if let combination = node.typed?.elementCombination { return BinaryLowering(combination: combination) }
    if let function = elementFunction(of: node) { return UnaryLowering(function: function) }
    return (node.typed as? any RowFunction).map(RowFunctionLowering.init)
  }
}

extension PlanBuilder {
  /// Returns the epilogue of a node whose output is stored in `layout`.
  mutating func epilogue(
    _ fused: FusedNode, bias: Tensor?, layout: Layout
  ) throws(InfoldError) -> PlannedEpilogue {
    var epilogue = PlannedEpilogue(activation: fused.activation, activatesFirst: fused.activatesFirst)
    if let bias { epilogue.bias = location(of: .constant(bias)) }
    if let residual = fused.residual { epilogue.residual = try location(of: residual, layout) }
    return epilogue
  }
}
