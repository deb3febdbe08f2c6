import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Evaluates ahead of time everything that is the same in each run: the outputs of nodes with
/// constant inputs, and shape computations on values with known shapes.
///
/// A default value that a caller may override is not a constant. A result becomes an initializer if
/// it takes at most `byteLimit` bytes, or at most four times the size of the constants that it is
/// computed from (the widest conversion is from 8 to 32 bits). So a few numbers that a node expands
/// to a large tensor remain a few numbers. If a session requests it, weights are an exception,
/// because convolutions need constant weights for packing.
package struct ConstantFolding: GraphPass {
  package static let name = "constant folding"

  /// The extent of constant folding.
  package enum Extent: Sendable {
    /// Everything that is the same in each run.
    case all
    /// The shapes of values, but nothing that is computed from them.
    case shapes
  }

  /// The maximum size of a node's results in bytes, however small its inputs are.
  package var byteLimit: Int
  /// The additional limit on the total size of the weights of linear operators in bytes, regardless
  /// of the size of the constants that they are computed from.
  private let weightByteLimit: Int
  private let extent: Extent

  /// The limit of a session on the size of such weights.
  package static let defaultWeightByteLimit = 128 << 20

  /// Creates the pass.
  package init(
    _ extent: Extent = .all, byteLimit: Int = ConstantEvaluation.defaultByteLimit, weightByteLimit: Int = 0
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
      // A run may pass different sizes for the same symbol in two inputs, so nothing is computed
      // from the assumption that they are equal.
      inference = Inference(graph.trustingOnlyInputs())
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
        result.changes.append(PassResult.Entry(node: graph.label(of: node), "evaluated ahead of time"))
      } catch {
        kept.append(node)
        result.refusals.append(PassResult.Entry(node: graph.label(of: node), "cannot be evaluated: \(error.reason)"))
      }
    }
    result.graph.replaceNodes(kept)
    return result
  }

  /// Returns the weights of linear operators.
  private func weights(of graph: Graph) -> Set<ValueID> {
    var weights: Set<ValueID> = []
    for node in graph.nodes where node.typed?.linearForm != nil && node.inputs.count > 1 {
      if let weight = node.inputs[1] { weights.insert(weight) }
    }
    return weights
  }

  /// Returns the outputs of a node if they are the same in each run and small enough.
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
