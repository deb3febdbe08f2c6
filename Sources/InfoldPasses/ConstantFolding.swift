import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Computes ahead what is the same in every run: the outputs of nodes whose inputs are constants, and shapes that the
/// model computes of values whose shape is known.
///
/// A default that a caller may override is no constant. A result becomes an initializer when it takes no more than
/// `byteLimit`, or no more than four times the constants that it is computed from (the widest conversion, of 8 bits to
/// 32): a few numbers that a node expands to a large tensor stay a few numbers.
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
  private let extent: Extent

  /// The pass.
  package init(_ extent: Extent = .all, byteLimit: Int = ConstantEvaluation.usualByteLimit) {
    self.extent = extent
    self.byteLimit = byteLimit
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
    var kept: [Node] = []
    for node in graph.nodes {
      try Interruption.check()
      do {
        guard let outputs = try outputs(of: node, inference, result.graph) else {
          kept.append(node)
          continue
        }
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

  /// The outputs of a node, where they are the same in every run and small enough.
  private func outputs(
    of node: Node, _ inference: Inference, _ graph: Graph
  ) throws(InfoldError) -> [Tensor?]? {
    guard let typed = node.typed, !(typed is any BodyOperator) else { return nil }
    guard extent == .all || type(of: typed).followsFromShapes else { return nil }
    if node.definitions.allSatisfy({ inference.tensors[$0.index] != nil }) {
      return node.outputs.map { $0.flatMap { inference.tensors[$0.index] } }
    }
    return try ConstantEvaluation(byteLimit: byteLimit).outputs(of: node, graph.constant)
  }
}
