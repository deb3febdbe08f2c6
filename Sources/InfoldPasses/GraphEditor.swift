import InfoldGraph
import InfoldTensor

/// An editor that adds nodes and constants to a graph under unused names.
package struct GraphEditor {
  /// The edited graph.
  package private(set) var graph: Graph
  /// The names in use outside of the graph, or all names once an unused one has been requested.
  private var knownNames: NameRegistry
  private var knowsAllNames = false
  /// Whether each value of the original graph is the same in each run.
  private let isConstant: [Bool]
  /// The index of the original graph.
  private let index: GraphIndex

  /// Creates an editor of a graph.
  /// - Parameter reserved: Names that new values must not have, in addition to those in the graph.
  package init(_ graph: consuming Graph, reserved: NameRegistry = NameRegistry()) {
    self.graph = graph
    isConstant = self.graph.valueIDs.map(self.graph.isConstant)
    index = self.graph.index
    knownNames = reserved
  }

  /// All names in use.
  var names: NameRegistry {
    mutating get {
      collectNames()
      return knownNames
    }
  }

  private mutating func collectNames() {
    guard !knowsAllNames else { return }
    knownNames.take(contentsOf: graph.values.lazy.map(\.name))
    knowsAllNames = true
  }

  private mutating func unusedName(_ name: String) -> String {
    collectNames()
    return knownNames.unused(name)
  }

  /// Adds a value with `name` or a similar unused name.
  package mutating func addValue(_ name: String, _ type: TensorType?) -> ValueID {
    graph.add(Value(name: unusedName(name), type: type))
  }

  /// Adds a constant with `name` or a similar unused name.
  package mutating func addConstant(_ name: String, _ tensor: Tensor) -> ValueID {
    graph.addConstant(unusedName(name), tensor)
  }

  /// Returns whether a constant is an initializer with a single use, so that it can be replaced
  /// under its name.
  package func isReplaceable(_ id: ValueID) -> Bool {
    index.useCount(of: id) == 1 && graph[id].initializer != nil && graph.isConstant(id)
  }

  /// Returns the tensor of a constant that is about to be replaced. If it can be replaced under its
  /// name, the graph releases it.
  package mutating func take(_ id: ValueID) -> Tensor {
    let tensor = graph.constant(id)!
    if isReplaceable(id) { graph[id].initializer = Initializer(Self.nothing) }
    return tensor
  }

  private static let nothing = try! Tensor(zeros: [0], of: .float32)

  /// Replaces a constant. If `old` is an initializer with no other use, the new constant keeps its
  /// name. Otherwise it gets a new name: that of `old` with `suffix`, or `fallbackName` if there is
  /// nothing to replace.
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

  /// Gives a value another type and discards the model's declaration of it.
  package mutating func retype(_ id: ValueID, _ type: TensorType) {
    graph[id].type = type
    graph[id].declaration = []
    graph[id].claim = nil
    graph[id].isMisdeclared = false
  }

  /// Replaces all nodes. Removes constants, and nodes that had consumers before, if they are no
  /// longer used.
  package mutating func replaceNodes(_ nodes: [Node]) {
    var isUsed = [Bool](repeating: false, count: graph.values.count)
    for id in graph.outputs { isUsed[id.index] = true }
    var kept: [Node] = []
    for node in nodes.reversed() {
      // Whether the node computes only constants. Values that the editor has added do not count.
      let makesConstant =
        node.definitions.contains { _ in true }
        && node.definitions.allSatisfy { $0.index < isConstant.count && isConstant[$0.index] }
      // Whether the outputs were used before, if only for their shapes.
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
