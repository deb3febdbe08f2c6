import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Inlines functions and decided branches, until neither is left. A function call is replaced by
/// the function's body. An If whose condition is known is replaced by the branch that it selects.
///
/// A condition is known if it is the same in each run, or follows from known shapes.
package struct InlineBodies: GraphPass {
  package static let name = "inline functions and branches"

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var result = PassResult(graph: graph)
    var origins: [ValueID: ValueID] = [:]
    while result.graph.hasInlinable {
      guard try inlineOnce(&result, &origins) else { break }
    }
    return result
  }

  /// Inlines the outermost bodies.
  /// - Parameters:
  ///   - origins: For each value that a node of a body produces, the first output of the outermost
  ///     node whose body contained it.
  ///   - reserved: Names that new values must not have, in addition to those in the graph.
  ///   - isChosen: Returns whether to inline the body of a node.
  /// - Returns: Whether there were any.
  func inlineOnce(
    _ result: inout PassResult, _ origins: inout [ValueID: ValueID], reserved: NameRegistry = NameRegistry(),
    where isChosen: (Node) -> Bool = { _ in true }
  ) throws(InfoldError) -> Bool {
    let conditions = try Conditions(result.graph)
    var inliner = BodyInliner(result.graph, reserved: reserved)
    func remember(_ inlined: [Node], of node: Node) {
      guard let own = node.definitions.first(where: { _ in true }) else { return }
      let origin = origins[own] ?? own
      for inner in inlined {
        for value in inner.definitions { origins[value] = origin }
      }
    }
    var nodes: [Node] = []
    for node in result.graph.nodes {
      let label = result.graph.label(of: node)
      try annotatingErrors({ $0.atNode(label) }) { () throws(InfoldError) in
        if !isChosen(node) {
          nodes.append(node)
        } else if let body = node.body {
          let inlined = try inliner.nodes(of: body, calledBy: node)
          remember(inlined, of: node)
          nodes += inlined
          result.changes.append(PassResult.Entry(node: label, "replaced by the function's body"))
        } else if node.isConditional, let condition = try conditions.value(of: node) {
          let inlined = try inliner.nodes(of: try node.branch(condition), chosenBy: node)
          remember(inlined, of: node)
          nodes += inlined
          result.changes.append(
            PassResult.Entry(node: label, "replaced by its \(condition ? "then" : "else") branch"))
        } else {
          nodes.append(node)
        }
      }
    }
    guard inliner.hasInlined else { return false }
    result.graph = inliner.graph
    result.graph.replaceNodes(nodes)
    try result.graph.sort()
    return true
  }
}

/// The known conditions of a graph's If nodes.
private struct Conditions {
  private let known: Graph

  init(_ graph: Graph) throws(InfoldError) {
    known = graph.nodes.contains(where: \.isConditional) ? try ConstantFolding().run(on: graph).graph : graph
  }

  /// Returns the condition of an If, or `nil` if it is unknown.
  /// - Throws: `InfoldError` with `.invalidModel` if it is not a single boolean.
  func value(of node: Node) throws(InfoldError) -> Bool? {
    guard let id = node.inputs.first ?? nil, let tensor = known.constant(id) else { return nil }
    guard tensor.elementType == .bool, tensor.count == 1 else {
      throw InfoldError(.invalidModel, "the condition is \(tensor), but must be a single boolean")
    }
    return try tensor.elements(as: Bool.self)[0]
  }
}

extension Graph {
  /// Whether any node calls a model-local function or is an If.
  var hasInlinable: Bool { nodes.contains { $0.body != nil || $0.isConditional } }
}

extension Node {
  /// Whether this is ONNX's If.
  package var isConditional: Bool { opType == If.name && domain.isEmpty }

  /// Returns a branch of an If.
  fileprivate func branch(_ condition: Bool) throws(InfoldError) -> Graph {
    guard inputs.count == 1 else {
      throw InfoldError(.invalidModel, "the operator takes one input, but the node has \(inputs.count)")
    }
    for entry in attributes.entries where entry.name != "then_branch" && entry.name != "else_branch" {
      throw InfoldError(.invalidModel, "the operator has no attribute \(String(quoting: entry.name))")
    }
    let name = condition ? "then_branch" : "else_branch"
    guard case .graph(let branch) = attributes[name] else {
      throw InfoldError(.invalidModel, "the attribute \(name) is missing or not a graph")
    }
    let outputCount = (outputs.lastIndex { $0 != nil } ?? -1) + 1
    guard branch.inputs.isEmpty, branch.outputs.count >= outputCount else {
      throw InfoldError(
        .invalidModel,
        "\(name) has \(counted(branch.inputs.count, "input")) and \(counted(branch.outputs.count, "output")), but it must have "
          + "no inputs and \(counted(outputCount, "output")) like the node")
    }
    return branch
  }
}
