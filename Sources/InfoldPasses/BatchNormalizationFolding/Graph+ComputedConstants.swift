import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Graph {
  /// Makes `constant(_:)` also return constants that nodes compute, in addition to those of
  /// `recordConstants()`. Only constants that folding needs are computed: weights and biases,
  /// parameters of normalizations, operands of arithmetic, and captures of bodies. The nodes
  /// remain. If a value cannot be computed, it does not count as a constant.
  package mutating func recordComputedConstants() {
    recordConstants()
    let wanted = ConstantDemand(self).nodes
    guard !wanted.isEmpty else { return }
    var inference: Inference? = Inference(self)
    do throws(InfoldError) { try inference!.run() } catch { inference = nil }
    for id in nodeIDs {
      let node = self[id]
      if !recordConstant(of: node), wanted.contains(id) { compute(node, inference) }
    }
  }

  /// Evaluates a node ahead of time, like `ConstantFolding`.
  private mutating func compute(_ node: Node, _ inference: Inference?) {
    var results: [Tensor?]?
    if let inference, node.definitions.allSatisfy({ inference.tensors[$0.index] != nil }) {
      results = node.outputs.map { $0.flatMap { inference.tensors[$0.index] } }
    } else {
      do throws(InfoldError) { results = try ConstantEvaluation().outputs(of: node, constant) } catch { return }
    }
    for case (let output?, let tensor?) in zip(node.outputs, results ?? []) { self[output].known = tensor }
  }
}

/// The nodes that compute, from constants only, values that folding needs. Other nodes are not
/// evaluated, even if their results are constant, because folding leaves them in the model.
private struct ConstantDemand {
  /// The nodes.
  private(set) var nodes: Set<NodeID> = []

  private let graph: Graph
  /// Whether each value is computed from constants only.
  private var isComputed: [Bool]

  init(_ graph: Graph) {
    self.graph = graph
    isComputed = graph.valueIDs.map { graph.constant($0) != nil }
    for node in graph.nodes {
      guard let typed = node.typed, !(typed is any BodyOperator) else { continue }
      // The shape of a value may be known even if the value itself is not.
      let isKnown =
        type(of: typed).followsFromShapes || node.inputs.allSatisfy { $0 == nil || isComputed[$0!.index] }
      guard isKnown else { continue }
      for output in node.definitions { isComputed[output.index] = true }
    }
    for node in graph.nodes { demand(Self.constants(read: node)) }
  }

  /// Returns the values that folding reads if they are constants.
  private static func constants(read node: Node) -> [ValueID] {
    if node.typed?.linearForm != nil { return node.inputs.dropFirst().compactMap { $0 } }
    return switch node.typed?.affineForm {
    case .normalization: node.inputs.dropFirst().compactMap { $0 }
    case .arithmetic: node.inputs.compactMap { $0 }
    case nil: node.captures
    }
  }

  private mutating func demand(_ values: [ValueID]) {
    var open = values
    while let value = open.popLast() {
      guard isComputed[value.index], graph.constant(value) == nil, let producer = graph.index.producer(of: value),
        nodes.insert(producer).inserted
      else { continue }
      open += graph[producer].inputs.compactMap { $0 }
    }
  }
}
