import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Puts the bodies of called functions in the place of the calls, and in the place of every If whose condition is known
/// the branch that it chooses, until neither is left.
///
/// A condition is known when it is the same in every run, or follows from shapes that are known.
package struct InlineBodies: GraphPass {
  package static let name = "inline functions and branches"

  /// The pass.
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
  ///   - origins: For the values that nodes of bodies make, the first output of the outermost node whose body they were in.
  ///   - reserved: Names that new values must not have, beside those in the graph.
  ///   - isChosen: Whether the body of a node is wanted.
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

/// What is known of the conditions of a graph's Ifs.
private struct Conditions {
  private let known: Graph

  init(_ graph: Graph) throws(InfoldError) {
    known = graph.nodes.contains(where: \.isConditional) ? try ConstantFolding().run(on: graph).graph : graph
  }

  /// - Throws: `InfoldError` with `.invalidModel` when it is not one truth value.
  func value(of node: Node) throws(InfoldError) -> Bool? {
    guard let id = node.inputs.first ?? nil, let tensor = known.constant(id) else { return nil }
    guard tensor.elementType == .bool, tensor.count == 1 else {
      throw InfoldError(.invalidModel, "the condition is \(tensor), and must be one truth value")
    }
    return try tensor.elements(as: Bool.self)[0]
  }
}

extension Graph {
  /// Whether a node calls a function of the model, or chooses between branches.
  var hasInlinable: Bool { nodes.contains { $0.body != nil || $0.isConditional } }
}

extension Node {
  /// Whether this is ONNX's If.
  package var isConditional: Bool { opType == If.name && domain.isEmpty }

  /// The branch of an If.
  fileprivate func branch(_ condition: Bool) throws(InfoldError) -> Graph {
    guard inputs.count == 1 else {
      throw InfoldError(.invalidModel, "the operator takes one input; \(inputs.count) are given")
    }
    for entry in attributes.entries where entry.name != "then_branch" && entry.name != "else_branch" {
      throw InfoldError(.invalidModel, "the operator has no attribute \(String(quoting: entry.name))")
    }
    let name = condition ? "then_branch" : "else_branch"
    guard case .graph(let branch) = attributes[name] else {
      throw InfoldError(.invalidModel, "the attribute \(name) is missing, or no graph")
    }
    let outputCount = (outputs.lastIndex { $0 != nil } ?? -1) + 1
    guard branch.inputs.isEmpty, branch.outputs.count >= outputCount else {
      throw InfoldError(
        .invalidModel,
        "\(name) has \(counted(branch.inputs.count, "input")) and \(counted(branch.outputs.count, "output")); it must have none, and "
          + "\(outputCount) as the node has")
    }
    return branch
  }
}
