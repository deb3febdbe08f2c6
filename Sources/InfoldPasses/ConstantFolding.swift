import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Computes ahead what is the same in every run: the outputs of nodes whose inputs are constants, and shapes that the
/// model computes of values whose shape is known.
///
/// A default that a caller may override is no constant. A result becomes an initializer when it takes no more than
/// `byteLimit`, or no more than four times the constants that it is computed from (the widest conversion, of 8 bits to
/// 32): a few numbers that a node expands to a large tensor stay a few numbers. Where a session asks for it, weights are an exception,
/// without which convolutions could not be prepared.
package struct ConstantFolding: GraphPass {
  package static let name = "constant folding"

  /// What is computed ahead.
  package enum Extent: Sendable {
    /// Everything that is the same in every run.
    case all
    /// The shapes of values, and nothing that is computed from them.
    case shapes
  }

  /// The bytes that the results of a node may take, however small its inputs are.
  package var byteLimit: Int
  /// The bytes that the weights of linear operators may take besides, all together, however small they are computed from.
  private let weightByteLimit: Int
  private let extent: Extent

  /// What a session holds of such weights at most.
  package static let usualWeightByteLimit = 128 << 20

  /// The pass.
  package init(
    _ extent: Extent = .all, byteLimit: Int = ConstantEvaluation.usualByteLimit, weightByteLimit: Int = 0
  ) {
    self.extent = extent
    self.byteLimit = byteLimit
    self.weightByteLimit = weightByteLimit
  }

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var inference = Inference(graph)
    try inference.run()
    var result = PassResult(graph: inference.graph)
    if graph.sharesSymbols, graph.declaredShapes == .advisory {
      // What would follow from a symbol being the same size in two inputs is not computed ahead: runs may bring two.
      inference = Inference(graph.believingInputs())
      try inference.run()
    }
    let weights = weightByteLimit > 0 ? self.weights(of: graph) : []
    var weightBytes = 0
    var kept: [Node] = []
    for node in result.graph.nodes {
      try Interruption.check()
      do {
        let isWeight = node.definitions.contains(where: weights.contains)
        let limit = isWeight ? max(byteLimit, weightByteLimit - weightBytes) : byteLimit
        guard let outputs = try outputs(of: node, inference, result.graph, byteLimit: limit) else {
          kept.append(node)
          continue
        }
        let byteCount = outputs.reduce(0) { $0 + ($1?.byteCount ?? 0) }
        if isWeight, byteCount > byteLimit { weightBytes += byteCount }
        for case (let id?, let tensor?) in zip(node.outputs, outputs) { result.graph.setConstant(id, tensor) }
        result.changes.append(PassResult.Entry(node: graph.label(of: node), "computed ahead"))
      } catch {
        kept.append(node)
        result.refusals.append(PassResult.Entry(node: graph.label(of: node), "cannot be computed: \(error.reason)"))
      }
    }
    result.graph.replaceNodes(kept)
    return result
  }

  /// What linear operators multiply their first input with.
  private func weights(of graph: Graph) -> Set<ValueID> {
    var weights: Set<ValueID> = []
    for node in graph.nodes where node.typed?.linearForm != nil && node.inputs.count > 1 {
      if let weight = node.inputs[1] { weights.insert(weight) }
    }
    return weights
  }

  /// The outputs of a node, where they are the same in every run and small enough.
  private func outputs(
    of node: Node, _ inference: Inference, _ graph: Graph, byteLimit: Int
  ) throws(InfoldError) -> [Tensor?]? {
    guard let typed = node.typed, !(typed is any BodyOperator) else { return nil }
    guard extent == .all || type(of: typed).followsFromShapes else { return nil }
    if node.definitions.allSatisfy({ inference.tensors[$0.index] != nil }) {
      return node.outputs.map { $0.flatMap { inference.tensors[$0.index] } }
    }
    return try ConstantEvaluation(byteLimit: byteLimit).outputs(of: node, graph.constant)
  }
}
