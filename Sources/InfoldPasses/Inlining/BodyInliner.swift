import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Copies the values and nodes of bodies into a graph. Names already in use are made unique.
struct BodyInliner {
  /// The graph, with the values of all bodies copied so far. Its nodes are unchanged.
  private(set) var graph: Graph
  /// Whether a body has been copied.
  private(set) var hasInlined = false
  private var names: NameRegistry

  /// Creates an inliner for a graph.
  /// - Parameter reserved: Names that new values must not have, in addition to those in the graph.
  init(_ graph: Graph, reserved: NameRegistry = NameRegistry()) {
    self.graph = graph
    names = reserved
    names.take(contentsOf: graph.values.lazy.map(\.name))
  }

  /// Returns the nodes that replace `call`, a call of the function with `body`.
  /// - Throws: `InfoldError` with `.invalidModel` if the body needs an input that the call omits.
  mutating func nodes(of body: Graph, calledBy call: Node) throws(InfoldError) -> [Node] {
    var places: [ValueID: ValueID?] = [:]
    for (index, formal) in body.inputs.enumerated() {
      places.updateValue(index < call.inputs.count ? call.inputs[index] : nil, forKey: formal)
    }
    return try copy(body, for: call, places)
  }

  /// Returns the nodes that replace the If node `choice` by its branch `branch`.
  mutating func nodes(of branch: Graph, chosenBy choice: Node) throws(InfoldError) -> [Node] {
    let outer = Dictionary(uniqueKeysWithValues: zip(choice.attributes.capturedNames, choice.captures))
    var places: [ValueID: ValueID?] = [:]
    for capture in branch.captures { places.updateValue(outer[branch[capture].name], forKey: capture) }
    return try copy(branch, for: choice, places)
  }

  /// Copies `body`.
  /// - Parameter given: The values of the graph that replace values of the body, or `nil` for
  ///   omitted ones.
  private mutating func copy(
    _ body: Graph, for outer: Node, _ given: [ValueID: ValueID?]
  ) throws(InfoldError) -> [Node] {
    hasInlined = true
    var places = given
    let index = body.index
    for case (let formal, let actual?) in zip(body.outputs, outer.outputs)
    where index.producer(of: formal) != nil && places[formal] == nil {
      places.updateValue(actual, forKey: formal)
    }
    let prefix = outer.name.isEmpty ? "" : outer.name + "/"
    for id in body.valueIDs where places[id] == nil {
      var value = body[id]
      value.claim = nil
      value.name = names.take(value.name) ? value.name : names.unused(prefix + value.name)
      places.updateValue(graph.add(value), forKey: id)
    }
    var nodes = body.nodes
    for index in nodes.indices {
      if !nodes[index].name.isEmpty { nodes[index].name = prefix + nodes[index].name }
      nodes[index].inputs = nodes[index].inputs.map { $0.flatMap { places[$0]! } }
      nodes[index].outputs = nodes[index].outputs.map { $0.flatMap { places[$0]! } }
      nodes[index].captures = try nodes[index].captures.map { (capture) throws(InfoldError) in
        guard let place = places[capture]! else { throw missing(capture, of: body) }
        return place
      }
    }
    return try nodes + forwarded(body, outer, places)
  }

  /// Returns Identity nodes for outputs that are inputs, constants or captures of the body, or that
  /// occur twice.
  private func forwarded(
    _ body: Graph, _ outer: Node, _ places: [ValueID: ValueID?]
  ) throws(InfoldError) -> [Node] {
    let standard = outer.domain.isEmpty ? outer : body.nodes.first { $0.domain.isEmpty }
    let version = standard?.opsetVersion ?? Identity.versions.last!
    var nodes: [Node] = []
    for case (let formal, let actual?) in zip(body.outputs, outer.outputs) where places[formal] != actual {
      guard let source = places[formal]! else { throw missing(formal, of: body) }
      nodes.append(try Node(opType: Identity.name, opsetVersion: version, inputs: [source], outputs: [actual]))
    }
    return nodes
  }

  private func missing(_ id: ValueID, of body: Graph) -> InfoldError {
    InfoldError(
      .invalidModel, "missing input: the function needs \(String(quoting: body[id].name)), which the call omits")
  }
}
