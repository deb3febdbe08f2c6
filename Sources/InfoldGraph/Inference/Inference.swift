/// Infers what is known of the values of a graph before it runs: types, shapes, and the content of small tensors, above
/// all of the shapes that a model computes.
package struct Inference {
  /// The most elements of a tensor that is computed for its content's sake.
  static let maximumCount = 1024

  /// The graph, with the types that have been inferred.
  package private(set) var graph: Graph
  /// By value: the content of those that are the same in every run.
  package private(set) var tensors: [Tensor?]
  private var partials: [PartialTensor?]
  /// Inputs of a function that the call leaves out.
  private var leftOut: Set<ValueID> = []
  private let declared: [TensorType?]
  private let symbols: [String: Int]

  /// - Parameter symbols: Sizes, in whose place these symbols stand.
  package init(_ graph: Graph, binding symbols: [String: Int] = [:]) {
    self.graph = graph
    self.symbols = symbols
    tensors = graph.valueIDs.map(graph.constant)
    partials = Array(repeating: nil, count: graph.values.count)
    declared = graph.values.map(\.type)
    guard !symbols.isEmpty else { return }
    for id in graph.valueIDs {
      if let shape = graph[id].type?.shape { self.graph[id].type?.shape = shape.binding(symbols) }
    }
  }

  /// Infers, from the first node to the last.
  ///
  /// Nodes behind an opaque one, or behind a value of unknown type, keep what is declared. A node whose shape rule does
  /// not support its inputs becomes opaque.
  /// - Precondition: The nodes are in topological order.
  /// - Throws: `InfoldError` that names the node: the operator's own error, or `.invalidModel` where what is inferred
  ///   contradicts what is declared.
  package mutating func run() throws(InfoldError) {
    for id in graph.nodeIDs {
      try Interruption.check()
      do throws(InfoldError) {
        try infer(id)
      } catch {
        throw error.atNode(graph.label(of: graph[id]))
      }
    }
  }

  private mutating func infer(_ id: NodeID) throws(InfoldError) {
    let node = graph[id]
    switch node.kind {
    case .opaque: break
    case .call(let body): try infer(node, body)
    case .typed(let typed):
      guard let inputs = inputs(of: node) else { return }
      do throws(InfoldError) {
        try infer(node, typed, inputs)
      } catch {
        guard error.code == .unsupported else { throw error }
        graph[id] = node.refused(error)
      }
    }
  }

  /// What is known of the inputs; `nil` while the type of one is not.
  private func inputs(of node: Node) -> OperatorInputs? {
    var types: [TensorType?] = []
    let operands = node.operands
    for input in operands {
      guard let input, !leftOut.contains(input) else {
        types.append(nil)
        continue
      }
      guard let type = graph[input].type else { return nil }
      types.append(type)
    }
    return OperatorInputs(
      types: types, constants: operands.map { $0.flatMap { tensors[$0.index] } },
      partials: operands.map { $0.flatMap { partials[$0.index] } }, outputCount: node.outputs.count)
  }

  private mutating func infer(
    _ node: Node, _ typed: any Operator, _ inputs: OperatorInputs
  ) throws(InfoldError) {
    var types = try node.inferOutputs(inputs)
    for (index, output) in node.outputs.enumerated() {
      guard let output else { continue }
      types[index] = try merged(types[index], with: output)
      graph[output].type = types[index]
    }
    if let results = evaluated(node, inputs, types) {
      for (output, tensor) in zip(node.outputs, results) {
        if let output { tensors[output.index] = tensor }
      }
    } else {
      for (output, partial) in zip(node.outputs, try typed.inferElements(inputs, outputs: types)) {
        if let output, let partial { record(partial, for: output) }
      }
    }
  }

  /// Infers what the body of a called function makes of the node's inputs.
  private mutating func infer(_ node: Node, _ body: Graph) throws(InfoldError) {
    var called = Inference(body)
    for (index, formal) in body.inputs.enumerated() {
      guard index < node.inputs.count, let actual = node.inputs[index], !leftOut.contains(actual) else {
        called.leftOut.insert(formal)
        continue
      }
      called.graph[formal].type = graph[actual].type
      called.tensors[formal.index] = tensors[actual.index]
      called.partials[formal.index] = partials[actual.index]
    }
    try called.run()
    for case (let output?, let formal) in zip(node.outputs, body.outputs) {
      guard let type = called.graph[formal].type else { continue }
      graph[output].type = try merged(type, with: output)
      tensors[output.index] = called.tensors[formal.index]
      partials[output.index] = called.partials[formal.index]
    }
  }

  private mutating func record(_ partial: PartialTensor, for id: ValueID) {
    if let tensor = partial.tensor {
      tensors[id.index] = tensor
    } else if !partial.isUnknown {
      partials[id.index] = partial
    }
  }

  /// The outputs of a node whose inputs are known and small, when they are small themselves. An evaluation that fails is
  /// left to fail when the model runs, and only if it comes so far.
  private func evaluated(_ node: Node, _ inputs: OperatorInputs, _ types: [TensorType]) -> [Tensor?]? {
    guard !(node.typed is any BodyOperator) else { return nil }
    for index in inputs.types.indices where inputs.has(index) {
      guard let tensor = inputs.constant(index), tensor.count <= Self.maximumCount else { return nil }
    }
    guard node.typed is Constant || types.allSatisfy({ $0.smallSizes(limit: Self.maximumCount) != nil }) else {
      return nil
    }
    return try? node.evaluate(inputs.constants)
  }

  private func merged(_ inferred: TensorType, with id: ValueID) throws(InfoldError) -> TensorType {
    guard let known = graph[id].type else { return inferred }
    guard inferred.elementType == known.elementType else { throw contradiction(inferred, id) }
    guard let a = inferred.shape, let b = known.shape else {
      return TensorType(inferred.elementType, inferred.shape ?? known.shape)
    }
    guard let shape = a.merged(with: b) else { throw contradiction(inferred, id) }
    return TensorType(inferred.elementType, shape)
  }

  private func contradiction(_ inferred: TensorType, _ id: ValueID) -> InfoldError {
    let name = String(quoting: graph[id].name)
    for (dimension, actual) in zip(declared[id.index]?.shape ?? [], inferred.shape ?? []) {
      if case .symbol(let symbol) = dimension, let bound = symbols[symbol], let size = actual.size, bound != size {
        return InfoldError(
          .invalidModel,
          "the output \(name) is \(inferred), where the dimension \(dimension) is \(size); it is bound to \(bound)")
      }
    }
    return InfoldError(
      .invalidModel,
      "the output \(name) is \(inferred), and the model declares it as \(graph[id].type?.description ?? "nothing")")
  }
}

extension Shape {
  /// The shape with sizes in the place of these symbols.
  func binding(_ symbols: [String: Int]) -> Shape {
    Shape(
      dimensions.map { dimension in
        if case .symbol(let name) = dimension, let size = symbols[name] { .fixed(size) } else { dimension }
      })
  }
}
