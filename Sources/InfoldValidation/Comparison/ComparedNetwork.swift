import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// One of two networks that are compared.
struct ComparedNetwork: Sendable {
  /// The file, where it was read from one.
  let path: String?
  /// The network with open shapes.
  let graph: Graph

  /// - Throws: `InfoldError` with `.unsupported` for a model that Infold cannot run.
  init(_ model: Model) throws(InfoldError) {
    path = model.path
    let path = path
    let prepared = try PreparedModel(model).graph
    try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try prepared.requireNoOpaqueNodes()
    }
    graph = prepared
  }

  /// Runs the network, and keeps every value.
  /// - Parameter inputs: A tensor for each input by its place; `nil` for one that is left to its default.
  /// - Throws: `InfoldError` with `.invalidArgument` for inputs that the network does not take; the error of an operator.
  func run(_ inputs: [Tensor?], precision: EvaluationContext.Precision) throws(InfoldError) -> ComparedRun {
    let path = path
    return try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      let given = try given(inputs)
      var run = try bound(given)
      let evaluator = try ReferenceEvaluator(run.graph, precision: precision)
      let nodes = run.graph.nodes
      _ = try evaluator.run(given) { (id, _, outputs) throws(InfoldError) in
        for case (let output?, let tensor?) in zip(nodes[id.index].outputs, outputs) { try run.set(output, tensor) }
      }
      return run
    }
  }

  /// The network with values that somebody else has recorded, by their names.
  func recorded(_ inputs: [Tensor?], _ values: [String: Tensor]) throws(InfoldError) -> ComparedRun {
    let path = path
    return try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      let given = try given(inputs)
      var run = try bound(given)
      for id in run.graph.valueIDs where given[id] == nil {
        if let tensor = values[run.graph[id].name] { try run.set(id, tensor) }
      }
      for id in graph.outputs where run.values[id.index] == nil {
        throw InfoldError(
          .invalidArgument, "no tensor is recorded for the output \(String(quoting: graph[id].name))",
          hint: "a file is named by the value that it holds")
      }
      return run
    }
  }

  private func given(_ inputs: [Tensor?]) throws(InfoldError) -> [ValueID: Tensor] {
    var given: [ValueID: Tensor] = [:]
    for (id, tensor) in zip(graph.inputs, inputs) {
      if let tensor {
        given[id] = tensor
      } else if graph[id].initializer == nil {
        throw InfoldError(.invalidArgument, "the input \(String(quoting: graph[id].name)) is missing")
      }
    }
    return given
  }

  /// The network for these inputs, whose other values are not known yet.
  private func bound(_ given: [ValueID: Tensor]) throws(InfoldError) -> ComparedRun {
    let types = given.mapValues { TensorType($0.elementType, Shape($0.shape)) }
    let graph = try OptimizationPipeline.asWritten.run(on: graph.binding(inputs: types))
    var run = try ComparedRun(graph, given: Set(given.keys))
    for (id, tensor) in given { try run.set(id, tensor) }
    return run
  }

  /// The floating-point types of weights and of values.
  var floatingPointTypes: Set<ElementType> {
    Set(
      graph.values.compactMap { $0.initializer?.tensor?.elementType ?? $0.type?.elementType }
        .filter(\.isFloatingPoint))
  }
}

/// A network whose sizes are known, with its values.
struct ComparedRun {
  let graph: Graph
  /// Whether a value depends on what the caller gives, by its id.
  let dependsOnInputs: [Bool]
  /// The numbers of each value that is known, floating-point ones as float64.
  private(set) var values: [Tensor?]

  /// - Parameter given: The inputs that are given. Others keep their defaults, and are constants.
  init(_ graph: Graph, given: Set<ValueID>) throws(InfoldError) {
    self.graph = graph
    var depends = [Bool](repeating: false, count: graph.values.count)
    for id in given { depends[id.index] = true }
    for node in graph.nodes where node.uses.contains(where: { depends[$0.index] }) {
      for output in node.definitions { depends[output.index] = true }
    }
    dependsOnInputs = depends
    values = []
    for id in graph.valueIDs { values.append(try (graph.constant(id) ?? graph[id].initializer?.tensor)?.widened()) }
  }

  mutating func set(_ id: ValueID, _ tensor: Tensor) throws(InfoldError) {
    values[id.index] = try tensor.widened()
  }

  func tensor(_ id: ValueID) -> Tensor? { values[id.index] }

  /// Whether nothing makes a value, and nobody gives it.
  func isConstant(_ id: ValueID) -> Bool { producer(id) == nil && !dependsOnInputs[id.index] }

  func producer(_ id: ValueID) -> NodeID? { graph.index.producer(of: id) }

  /// The values that can be compared: those that depend on the inputs, and are known.
  var comparable: [ValueID] {
    graph.valueIDs.filter { dependsOnInputs[$0.index] && values[$0.index] != nil }
  }

  /// Where the values that nodes make stand in the order of the nodes.
  var places: [ValueID: Int] {
    let order = graph.nodes.flatMap(\.definitions)
    return Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  /// For every output that a value reaches, the fewest nodes between them.
  func paths(from value: ValueID) -> [(output: ValueID, nodes: [NodeID])] {
    var origin: [ValueID: (node: NodeID, value: ValueID)] = [:]
    var queue = [value], next = 0
    while next < queue.count {
      let reached = queue[next]
      next += 1
      for node in graph.index.consumers(of: reached) {
        for output in graph[node].definitions where output != value && origin[output] == nil {
          origin[output] = (node, reached)
          queue.append(output)
        }
      }
    }
    return graph.outputs.compactMap { output in
      guard output == value || origin[output] != nil else { return nil }
      var nodes: [NodeID] = [], place = output
      while let step = origin[place] {
        nodes.append(step.node)
        place = step.value
      }
      return (output, nodes.reversed())
    }
  }

  /// All values that are computed from this one, and itself.
  func descendants(of value: ValueID) -> Set<ValueID> {
    var reached: Set<ValueID> = [value]
    for node in graph.nodes where node.uses.contains(where: reached.contains) { reached.formUnion(node.definitions) }
    return reached
  }
}
