import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// One of the two networks of a comparison.
struct ComparedNetwork: Sendable {
  /// The file that the model was read from, if any.
  let path: String?
  /// The network, before its dynamic dimensions have sizes.
  let graph: Graph

  /// - Throws: `InfoldError` with `.unsupported` if Infold cannot run the model.
  init(_ model: Model) throws(InfoldError) {
    path = model.path
    let path = path
    let prepared = try PreparedModel(model).graph
    try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try prepared.requireNoOpaqueNodes()
    }
    graph = prepared
  }

  /// Runs the network and keeps every value.
  /// - Parameter inputs: A tensor for each input, by position; `nil` selects the default value.
  /// - Throws: `InfoldError` with `.invalidArgument` if the network does not accept the inputs; the
  ///   error of an operator.
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

  /// Returns the network with values that another runtime recorded.
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
          hint: "name each file after the value that it contains")
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
        throw InfoldError(.invalidArgument, "missing input \(String(quoting: graph[id].name))")
      }
    }
    return given
  }

  /// Returns the network specialized for these inputs. All other values are still unknown.
  private func bound(_ given: [ValueID: Tensor]) throws(InfoldError) -> ComparedRun {
    let types = given.mapValues { TensorType($0.elementType, Shape($0.shape)) }
    let graph = try OptimizationPipeline.asWritten.run(on: graph.binding(inputs: types))
    var run = try ComparedRun(graph, given: Set(given.keys))
    for (id, tensor) in given { try run.set(id, tensor) }
    return run
  }

  /// The floating-point types of all constants and values.
  var floatingPointTypes: Set<ElementType> {
    Set(
      graph.values.compactMap { $0.initializer?.tensor?.elementType ?? $0.type?.elementType }
        .filter(\.isFloatingPoint))
  }
}

/// A network without dynamic dimensions, and the values of one run.
struct ComparedRun {
  let graph: Graph
  /// Whether each value depends on tensors that the caller passes, by value ID.
  let dependsOnInputs: [Bool]
  /// The elements of each known value. Floating-point elements are stored as float64.
  private(set) var values: [Tensor?]

  /// - Parameter given: The inputs that the caller passes. Other inputs keep their default values
  ///   and are constants.
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

  /// Whether a value is neither computed by a node nor passed by the caller.
  func isConstant(_ id: ValueID) -> Bool { producer(id) == nil && !dependsOnInputs[id.index] }

  func producer(_ id: ValueID) -> NodeID? { graph.index.producer(of: id) }

  /// The values that can be compared: known values that depend on the inputs.
  var comparable: [ValueID] {
    graph.valueIDs.filter { dependsOnInputs[$0.index] && values[$0.index] != nil }
  }

  /// The position of each computed value in node order.
  var places: [ValueID: Int] {
    let order = graph.nodes.flatMap(\.definitions)
    return Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  /// Returns a shortest path of nodes to each output that depends on `value`.
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

  /// Returns `value` and all values that depend on it.
  func descendants(of value: ValueID) -> Set<ValueID> {
    var reached: Set<ValueID> = [value]
    for node in graph.nodes where node.uses.contains(where: reached.contains) { reached.formUnion(node.definitions) }
    return reached
  }
}
