import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Brings a model to opset 13, the first in which DequantizeLinear takes a scale for each channel.
///
/// Nodes whose operator has another form there are rewritten to mean the same. A model of that opset or a later one stays as it is.
package struct OpsetRaise {
  /// The opset that quantized networks need.
  static let target = 13
  /// The oldest opset that is converted.
  static let oldest = 7
  /// The IR version that came with the opset.
  private static let irVersion = 7

  /// The model in opset 13 or later.
  /// - Precondition: The types of the graph's values have been inferred, and `SettleConstants` has gone over it.
  /// - Throws: `InfoldError` with `.unsupported`, naming the node, for what is not converted.
  package static func raised(_ model: Model) throws(InfoldError) -> Model {
    guard let version = model.opsetVersion(), version < target else { return model }
    guard version >= oldest else {
      throw InfoldError(
        .unsupported, "the model uses opset \(version); those from \(oldest) on can be brought to \(target)",
        hint: "convert the model to opset \(target)")
    }
    var rewriter = OpsetRewriter(model.graph)
    var nodes: [Node] = []
    for node in model.graph.nodes {
      nodes += try annotatingErrors({ $0.atNode(model.graph.label(of: node)) }) { () throws(InfoldError) in
        try rewriter.converted(node)
      }
    }
    var raised = model
    raised.graph = rewriter.finished(nodes)
    raised.opsetImports = model.opsetImports.map { entry in
      normalizedDomain(entry.domain).isEmpty ? Model.OpsetImport(domain: entry.domain, version: target) : entry
    }
    raised.raiseToIRVersion4()
    raised.irVersion = max(raised.irVersion, irVersion)
    try raised.graph.inferTypes()
    return raised
  }
}

/// Rewrites the nodes of a graph, one by one.
struct OpsetRewriter {
  let graph: Graph
  private var editor: GraphEditor

  init(_ graph: Graph) {
    self.graph = graph
    editor = GraphEditor(graph)
  }

  /// The graph with these nodes.
  func finished(_ nodes: [Node]) -> Graph {
    var editor = editor
    editor.replaceNodes(nodes)
    return editor.graph
  }

  /// The nodes that mean the same in the new opset.
  mutating func converted(_ node: Node) throws(InfoldError) -> [Node] {
    guard node.domain.isEmpty else { return [node] }
    if case .opaque(let reason) = node.kind { throw reason }
    guard !node.attributes.entries.contains(where: { $0.value.isBody }) else {
      throw refusal("its bodies are not converted from opset \(node.opsetVersion) to \(OpsetRaise.target)")
    }
    guard let type = node.typed.map({ Swift.type(of: $0) }) else { return [node] }
    if type.deprecation == nil, type.keepsMeaning(from: node.opsetVersion, to: OpsetRaise.target) {
      return [try same(node)]
    }
    guard let rewritten = node.typed as? any RewrittenOperator else {
      throw refusal("\(node.opType) is not converted from opset \(node.opsetVersion) to \(OpsetRaise.target)")
    }
    return try rewritten.rewritten(node, by: &self)
  }

  func refusal(_ reason: String) -> InfoldError {
    InfoldError(
      .unsupported, reason, hint: "convert the model to opset \(OpsetRaise.target) with the tool that made it")
  }

  /// The node with another opset, and perhaps other inputs and attributes.
  func same(
    _ node: Node, opType: String? = nil, attributes: AttributeList? = nil, inputs: [ValueID?]? = nil,
    outputs: [ValueID?]? = nil
  ) throws(InfoldError) -> Node {
    var new = try Node(
      name: node.name, opType: opType ?? node.opType, opsetVersion: OpsetRaise.target,
      attributes: attributes ?? node.attributes, inputs: inputs ?? node.inputs, outputs: outputs ?? node.outputs)
    if case .opaque(let reason) = new.kind { throw reason }
    new.unmodeledFields = node.unmodeledFields
    return new
  }

  /// Adds a constant for what was an attribute.
  mutating func constant(_ node: Node, _ suffix: String, _ tensor: Tensor) -> ValueID {
    editor.addConstant("\(baseName(node)).\(suffix)", tensor)
  }

  /// Adds a list of integers for what was an attribute.
  mutating func list(_ node: Node, _ suffix: String, _ numbers: [Int64]) throws(InfoldError) -> ValueID {
    constant(node, suffix, try Tensor(shape: [numbers.count], numbers))
  }

  /// Adds a value between the nodes that take a node's place.
  mutating func value(_ node: Node, _ suffix: String, _ type: TensorType? = nil) -> ValueID {
    editor.addValue("\(baseName(node)).\(suffix)", type)
  }

  private func baseName(_ node: Node) -> String {
    node.outputs.first.flatMap { $0 }.map { graph[$0].name } ?? node.opType
  }
}

extension Attribute {
  fileprivate var isBody: Bool {
    switch self {
    case .graph, .graphs: true
    default: false
    }
  }
}
