import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Raises a model to opset 13, the first in which DequantizeLinear accepts a scale for each
/// channel.
///
/// Nodes whose operators have a different form in opset 13 are rewritten in that form. A model of
/// opset 13 or later does not change.
package struct OpsetRaise {
  /// The opset that quantized networks require.
  static let target = 13
  /// The oldest opset that can be raised.
  static let oldest = 7
  /// The IR version that introduced the opset.
  private static let irVersion = 7

  /// Returns the model in opset 13 or later.
  /// - Precondition: The types of the graph's values are inferred, and `MaterializeConstants` has run on
  ///   it.
  /// - Throws: `InfoldError` with `.unsupported` if the opset is too old or, naming the node, if a
  ///   node cannot be converted.
  package static func raised(_ model: Model) throws(InfoldError) -> Model {
    guard let version = model.opsetVersion(), version < target else { return model }
    guard version >= oldest else {
      throw InfoldError(
        .unsupported, "the model uses opset \(version); only opset \(oldest) and later can be raised to \(target)",
        hint: "convert the model to opset \(target)")
    }
    var rewriter = OpsetRewriter(model.graph)
    var nodes: [Node] = []
    for node in model.graph.nodes {
      nodes += try annotatingErrors({ $0.atNode(model.graph.label(of: node)) }) { () throws(InfoldError) in
        try rewriter.converted(node)
      }
    }
    return try model.inOpset(target, irVersion: irVersion, rewriter.finished(nodes))
  }
}

extension Model {
  /// Returns the model with another graph, whose nodes are of another opset. The imports are
  /// updated, and types are inferred.
  /// - Parameter irVersion: The IR version that introduced the opset.
  func inOpset(_ version: Int, irVersion: Int, _ graph: Graph) throws(InfoldError) -> Model {
    var model = self
    model.graph = graph
    model.opsetImports = opsetImports.map { entry in
      normalizedDomain(entry.domain).isEmpty ? Model.OpsetImport(domain: entry.domain, version: version) : entry
    }
    model.raiseToIRVersion4()
    model.irVersion = max(model.irVersion, irVersion)
    try model.graph.inferTypes()
    return model
  }
}

extension Node {
  /// Returns the node in another opset, optionally with another operator, attributes, inputs and
  /// outputs.
  func inOpset(
    _ version: Int, opType: String? = nil, attributes: AttributeList? = nil, inputs: [ValueID?]? = nil,
    outputs: [ValueID?]? = nil
  ) throws(InfoldError) -> Node {
    var new = try Node(
      name: name, opType: opType ?? self.opType, opsetVersion: version, attributes: attributes ?? self.attributes,
      inputs: inputs ?? self.inputs, outputs: outputs ?? self.outputs, captures: captures)
    if case .opaque(let reason) = new.kind { throw reason }
    new.unmodeledFields = unmodeledFields
    return new
  }
}

/// Rewrites the nodes of a graph, one at a time.
struct OpsetRewriter {
  let graph: Graph
  private var editor: GraphEditor

  init(_ graph: Graph) {
    self.graph = graph
    editor = GraphEditor(graph)
  }

  /// Returns the graph with these nodes.
  func finished(_ nodes: [Node]) -> Graph {
    var editor = editor
    editor.replaceNodes(nodes)
    return editor.graph
  }

  /// Returns the nodes with the same meaning in the new opset.
  mutating func converted(_ node: Node) throws(InfoldError) -> [Node] {
    guard node.domain.isEmpty else { return [node] }
    if case .opaque(let reason) = node.kind { throw reason }
    guard !node.attributes.entries.contains(where: { $0.value.isBody }) else {
      throw refusal("bodies cannot be converted from opset \(node.opsetVersion) to \(OpsetRaise.target)")
    }
    guard let type = node.typed.map({ Swift.type(of: $0) }) else { return [node] }
    if type.deprecation == nil, type.keepsMeaning(from: node.opsetVersion, to: OpsetRaise.target) {
      return [try same(node)]
    }
    guard let rewritten = node.typed as? any RewrittenOperator else {
      throw refusal("\(node.opType) cannot be converted from opset \(node.opsetVersion) to \(OpsetRaise.target)")
    }
    return try rewritten.rewritten(node, by: &self)
  }

  func refusal(_ reason: String) -> InfoldError {
    InfoldError(
      .unsupported, reason, hint: "convert the model to opset \(OpsetRaise.target) with the tool that produced it")
  }

  /// Returns the node in the new opset, optionally with another operator, attributes, inputs and
  /// outputs.
  func same(
    _ node: Node, opType: String? = nil, attributes: AttributeList? = nil, inputs: [ValueID?]? = nil,
    outputs: [ValueID?]? = nil
  ) throws(InfoldError) -> Node {
    try node.inOpset(
      OpsetRaise.target, opType: opType, attributes: attributes, inputs: inputs, outputs: outputs)
  }

  /// Adds a constant that replaces an attribute.
  mutating func constant(_ node: Node, _ suffix: String, _ tensor: Tensor) -> ValueID {
    editor.addConstant("\(baseName(node)).\(suffix)", tensor)
  }

  /// Adds a list of integers that replaces an attribute.
  mutating func list(_ node: Node, _ suffix: String, _ numbers: [Int64]) throws(InfoldError) -> ValueID {
    constant(node, suffix, try Tensor(shape: [numbers.count], numbers))
  }

  /// Adds a value between the nodes that replace a node.
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
