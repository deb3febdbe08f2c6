import InfoldGraph
import InfoldTensor

/// Puts new nodes and constants into a graph, under names that are not taken.
package struct GraphEditor {
  /// The graph as it is so far.
  package private(set) var graph: Graph
  /// The names that are taken beside those in the graph, or all of them once a new one was asked for.
  private var knownNames: NameRegistry
  private var knowsAllNames = false
  /// Whether each value of the original graph is the same in every run.
  private let isConstant: [Bool]
  /// What the original graph's values are read by.
  private let index: GraphIndex

  /// An editor of a graph.
  /// - Parameter reserved: Names that new values must not have, beside those in the graph itself.
  package init(_ graph: consuming Graph, reserved: NameRegistry = NameRegistry()) {
    self.graph = graph
    isConstant = self.graph.valueIDs.map(self.graph.isConstant)
    index = self.graph.index
    knownNames = reserved
  }

  /// The names that are taken.
  var names: NameRegistry {
    mutating get {
      learnNames()
      return knownNames
    }
  }

  private mutating func learnNames() {
    guard !knowsAllNames else { return }
    knownNames.take(contentsOf: graph.values.lazy.map(\.name))
    knowsAllNames = true
  }

  private mutating func unusedName(_ name: String) -> String {
    learnNames()
    return knownNames.unused(name)
  }

  /// Adds a value called `name`, or like it.
  package mutating func addValue(_ name: String, _ type: TensorType?) -> ValueID {
    graph.add(Value(name: unusedName(name), type: type))
  }

  /// Adds a constant called `name`, or like it.
  package mutating func addConstant(_ name: String, _ tensor: Tensor) -> ValueID {
    graph.addConstant(unusedName(name), tensor)
  }

  /// Whether a constant is an initializer that is read once, and so can be replaced under its name.
  package func isReplaceable(_ id: ValueID) -> Bool {
    index.useCount(of: id) == 1 && graph[id].initializer != nil && graph.isConstant(id)
  }

  /// The tensor of a constant that is about to be replaced. Where it can be replaced under its name, the graph lets go of it.
  package mutating func take(_ id: ValueID) -> Tensor {
    let tensor = graph.constant(id)!
    if isReplaceable(id) { graph[id].initializer = Initializer(Self.nothing) }
    return tensor
  }

  private static let nothing = try! Tensor(zeros: [0], of: .float32)

  /// Puts a new constant in the place of `old`: under its name when that is an initializer and nobody else reads it, else
  /// under a new one, its own with `suffix` or, where there is none to replace, `fallbackName`.
  package mutating func replaceConstant(
    _ old: ValueID?, suffix: String, fallbackName: String, with tensor: Tensor
  ) -> ValueID {
    guard let old else { return addConstant(fallbackName, tensor) }
    guard isReplaceable(old) else { return addConstant(graph[old].name + suffix, tensor) }
    graph.setConstant(old, tensor)
    graph[old].declaration = []
    graph[old].isMisdeclared = false
    return old
  }

  /// Gives a value another type, and forgets what the model declared of it.
  package mutating func retype(_ id: ValueID, _ type: TensorType) {
    graph[id].type = type
    graph[id].declaration = []
    graph[id].claim = nil
    graph[id].isMisdeclared = false
  }

  /// Replaces all nodes, and removes the constants that nobody reads then, and nodes that somebody read before.
  package mutating func replaceNodes(_ nodes: [Node]) {
    var isUsed = [Bool](repeating: false, count: graph.values.count)
    for id in graph.outputs { isUsed[id.index] = true }
    var kept: [Node] = []
    for node in nodes.reversed() {
      // Values that the editor has added are none.
      let makesConstant =
        node.definitions.contains { _ in true }
        && node.definitions.allSatisfy { $0.index < isConstant.count && isConstant[$0.index] }
      // And what only they read, by its shape.
      let fed = node.definitions.contains { $0.index < isConstant.count && index.useCount(of: $0) > 0 }
      guard !(makesConstant || fed) || node.definitions.contains(where: { isUsed[$0.index] }) else { continue }
      for use in node.uses { isUsed[use.index] = true }
      kept.append(node)
    }
    graph.replaceNodes(kept.reversed())
    for id in graph.valueIDs where !isUsed[id.index] && graph.isConstant(id) { graph[id].initializer = nil }
    graph.listedConstants = graph.listedConstants.filter { graph[$0].initializer != nil }
  }
}
