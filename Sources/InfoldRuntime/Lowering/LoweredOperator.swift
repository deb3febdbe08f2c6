import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// How kernels compute a node.
protocol Lowering {
  /// Whether integers in input `index`, behind the first, are elements that it moves like those of the first.
  func movesIntegers(ofInput index: Int) -> Bool

  /// What its kernel can do behind it, for this node; nothing when the node cannot be lowered.
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability

  /// Adds the steps that compute the node and what was fused into it.
  /// - Returns: Whether that is possible. If not, nothing has been added, and the reference evaluation runs.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool
}

extension Lowering {
  func movesIntegers(ofInput index: Int) -> Bool { false }

  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability { [] }
}

/// An operator that kernels can compute.
protocol LoweredOperator: Operator, Lowering {}

extension Graph {
  /// How kernels compute a node: as its operator does by itself, or as all do that are one function of each number, or of two. `nil`
  /// for a node that they do not compute.
  ///
  /// Nor do they compute one that reads, beside elements to compute with or to move, what is not the same in every run. What a run
  /// decides, such as a shape, an axis or an index, only the operator's own evaluation checks, also where a kernel would not need it.
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
