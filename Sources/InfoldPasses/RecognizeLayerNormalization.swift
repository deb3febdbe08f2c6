import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Finds layer normalizations that exporters write as arithmetic, and puts one operator in their place:
/// d = x − mean(x), then d ÷ √(mean(d²) + ε), and where they follow, · scale and + shift by constants.
///
/// The means go over the last dimensions, which must have known sizes, and ε must be a number that a `Float` holds, since the
/// attribute is one. What only the old nodes needed is left for `RemoveDeadCode`.
package struct RecognizeLayerNormalization: GraphPass {
  package static let name = "recognize layer normalization"

  /// The pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    let search = Search(graph: graph)
    var editor = GraphEditor(graph)
    var changes: [PassResult.Entry] = []
    var nodes = graph.nodes
    for id in graph.nodeIDs {
      guard let found = search.normalization(endingAt: id) else { continue }
      let last = graph[found.last]
      let type = graph[found.x].type!.elementType
      let ones = try Tensor(repeating: Float(1), shape: found.sizes).converted(to: type)
      let scale = found.scale ?? editor.addConstant("\(graph.label(of: last)) scale", ones)
      nodes[found.last.index] = try Node(
        name: last.name, opType: LayerNormalization.name, opsetVersion: 17,
        attributes: ["axis": .int(Int64(-found.sizes.count)), "epsilon": .float(found.epsilon)],
        inputs: [found.x, scale] + (found.shift.map { [$0] } ?? []), outputs: last.outputs)
      changes.append(
        PassResult.Entry(node: graph.label(of: last), "became LayerNormalization with the nodes before it"))
    }
    var rewritten = editor.graph
    rewritten.replaceNodes(nodes)
    return PassResult(graph: rewritten, changes: changes)
  }
}

/// A layer normalization in a graph.
private struct Found {
  var x: ValueID
  /// The sizes of the dimensions that are normalized.
  var sizes: [Int]
  var epsilon: Float
  var scale: ValueID?
  var shift: ValueID?
  /// The node that makes the result.
  var last: NodeID
}

private struct Search {
  let graph: Graph
  private let index: GraphIndex

  init(graph: Graph) {
    self.graph = graph
    index = graph.index
  }

  /// The normalization whose division is node `id`, with the arithmetic behind it.
  func normalization(endingAt id: NodeID) -> Found? {
    let node = graph[id]
    guard node.typed is Div, let difference = node.inputs[0], let (x, sizes) = centered(difference),
      let root = producer(node.inputs[1]), root.typed is Sqrt, let sum = producer(root.inputs[0]), sum.typed is Add,
      let (variance, epsilon) = variableAndNumber(sum), epsilon > 0, Double(Float(epsilon)) == epsilon,
      let mean = producer(variance),
      meanSizes(mean) == sizes, let square = producer(mean.inputs[0]), let base = squared(square),
      base == difference || centered(base).map({ $0.x == x && $0.sizes == sizes }) == true
    else { return nil }
    var found = Found(x: x, sizes: sizes, epsilon: Float(epsilon), last: id)
    if let (next, factor) = follower(of: found.last, Mul.self, sizes, graph[x].type) {
      (found.last, found.scale) = (next, factor)
    }
    if let (next, summand) = follower(of: found.last, Add.self, sizes, graph[x].type) {
      (found.last, found.shift) = (next, summand)
    }
    return found
  }

  private func producer(_ id: ValueID?) -> Node? {
    id.flatMap(index.producer).map { graph[$0] }
  }

  /// The value from which `id` differs by its own mean, and the sizes of the dimensions that the mean goes over.
  private func centered(_ id: ValueID) -> (x: ValueID, sizes: [Int])? {
    guard let node = producer(id), node.typed is Sub, let x = node.inputs[0], let mean = producer(node.inputs[1]),
      mean.inputs[0] == x, let sizes = meanSizes(mean)
    else { return nil }
    return (x, sizes)
  }

  /// The sizes of the last dimensions of a float value, over which a node takes the mean, and which it keeps.
  private func meanSizes(_ node: Node) -> [Int]? {
    guard let reduction = node.typed as? ReduceMean, reduction.axes.keepsDimensions,
      let type = node.inputs[0].flatMap({ graph[$0].type }), type.elementType.isFloatingPoint, let shape = type.shape
    else { return nil }
    var given: Tensor?
    if node.inputs.count > 1, let axes = node.inputs[1] {
      guard let tensor = graph.constant(axes) else { return nil }
      given = tensor
    }
    guard let isReduced = try? reduction.axes.reduced(given, rank: shape.rank),
      let first = isReduced.firstIndex(of: true), isReduced[first...].allSatisfy({ $0 })
    else { return nil }
    let sizes = shape[first...].compactMap(\.size)
    return sizes.count == shape.rank - first ? sizes : nil
  }

  /// The value that a node squares.
  private func squared(_ node: Node) -> ValueID? {
    guard let base = node.inputs.first ?? nil else { return nil }
    if node.typed is Mul { return node.inputs[1] == base ? base : nil }
    return node.typed is Pow && number(node.inputs[1]) == 2 ? base : nil
  }

  /// The operands of a node of which one is a single constant number.
  private func variableAndNumber(_ node: Node) -> (ValueID, Double)? {
    guard let a = node.inputs[0], let b = node.inputs[1] else { return nil }
    if let value = number(b) { return (a, value) }
    return number(a).map { (b, $0) }
  }

  private func number(_ id: ValueID?) -> Double? {
    guard let tensor = id.flatMap(graph.constant), tensor.count == 1 else { return nil }
    return try? tensor.numbers().first
  }

  /// The only node that reads the result of `id`, when it is of this kind, and its other operand is a constant of `sizes`.
  private func follower<Kind>(
    of id: NodeID, _: Kind.Type, _ sizes: [Int], _ type: TensorType?
  ) -> (NodeID, ValueID)? {
    guard let value = graph[id].outputs[0], let next = index.onlyConsumer(of: value) else { return nil }
    guard graph[next].typed is Kind, let a = graph[next].inputs[0], let b = graph[next].inputs[1], a != b else {
      return nil
    }
    let other = a == value ? b : a
    guard let tensor = graph.constant(other), tensor.elementType == type?.elementType,
      tensor.shape.count <= type?.shape?.rank ?? 0,
      tensor.shape.drop(while: { $0 == 1 }).elementsEqual(sizes.drop { $0 == 1 })
    else { return nil }
    return (next, other)
  }
}
