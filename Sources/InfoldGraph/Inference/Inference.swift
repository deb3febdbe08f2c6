import InfoldSystem
import InfoldTensor

/// Infers what is known of the values of a graph before it runs: types, shapes, and the content of small tensors, above
/// all of the shapes that a model computes.
package struct Inference {
  /// The most elements of a tensor that is computed for its content's sake.
  static let maximumCount = 1024

  /// The graph, with the types that have been inferred.
  package private(set) var graph: Graph
  /// By value: the content of those that are the same in every run.
  package private(set) var tensors: [Tensor?]
  /// What is declared, and not true.
  package private(set) var warnings: [ModelWarning] = []
  private var partials: [SymbolicTensor?]
  /// Inputs of a function that the call leaves out.
  private var leftOut: Set<ValueID> = []
  private let declared: [TensorType?]
  private let symbols: [String: Int]
  /// The symbols of the inputs, which stand for whatever size a run brings.
  private let openSymbols: Set<String>

  /// - Parameters:
  ///   - symbols: Sizes, in whose place these symbols stand.
  ///   - ambiguous: Symbols that stand for several sizes, and so for none.
  package init(_ graph: Graph, binding symbols: [String: Int] = [:], ambiguous: Set<String> = []) {
    self.graph = graph
    self.symbols = symbols
    openSymbols = Set(graph.inputSymbols)
    tensors = graph.valueIDs.map(graph.constant)
    partials = Array(repeating: nil, count: graph.values.count)
    declared = graph.values.map(\.type)
    guard !symbols.isEmpty || !ambiguous.isEmpty else { return }
    for id in graph.valueIDs {
      if let shape = graph[id].type?.shape { self.graph[id].type?.shape = shape.binding(symbols, ambiguous) }
      if let shape = graph[id].claim?.shape { self.graph[id].claim?.shape = shape.binding(symbols, ambiguous) }
    }
  }

  /// Infers, from the first node to the last.
  ///
  /// Nodes behind an opaque one, or behind a value of unknown type, keep what is declared. A node whose shape rule does
  /// not support its inputs becomes opaque.
  /// - Parameters:
  ///   - first: The node from which on everything is inferred; what is settled before is not.
  ///   - refine: May say more of what a node makes than was inferred, before the nodes behind it are looked at.
  /// - Precondition: The nodes are in topological order.
  /// - Throws: `InfoldError` that names the node: the operator's own error, or `.invalidModel` where what is inferred
  ///   contradicts what is declared.
  package mutating func run(
    from first: NodeID? = nil, refining refine: (NodeID, inout Graph) -> Void = { _, _ in }
  ) throws(InfoldError) {
    let collector = WarningCollector()
    try WarningCollector.$current.binding(collector) { () throws(InfoldError) in
      for id in graph.nodeIDs {
        try Interruption.check()
        do throws(InfoldError) {
          if first.map({ id < $0 && isSettled(graph[id]) }) != true { try infer(id) }
        } catch {
          throw error.atNode(graph.label(of: graph[id]))
        }
        take(collector.drained(), at: id)
        refine(id, &graph)
      }
    }
  }

  /// Whether nothing more can be found out of what a node makes: its sizes are known, and it is too large for its content to be followed.
  private func isSettled(_ node: Node) -> Bool {
    node.typed?.constantOutput == nil
      && node.definitions.allSatisfy { output in
        graph[output].type.map { $0.shape?.sizes != nil && $0.smallSizes(limit: Self.maximumCount) == nil } ?? false
      }
  }

  /// Takes over what the shape rule of a node, or inference of its bodies, warns of.
  private mutating func take(_ found: [ModelWarning], at id: NodeID) {
    for var warning in found {
      warning.node = warning.node ?? graph.label(of: graph[id])
      warnings.append(warning)
    }
  }

  private mutating func infer(_ id: NodeID) throws(InfoldError) {
    let node = graph[id]
    switch node.kind {
    case .opaque: believeClaims(of: node)
    case .call(let body):
      do throws(InfoldError) {
        try infer(node, body)
      } catch {
        guard graph.keepsFaultyNodes, error.isFaultOfModel else { throw error }
        graph[id] = node.refused(error)
      }
      believeClaims(of: node)
    case .typed(let typed):
      guard let inputs = inputs(of: node) else { return believeClaims(of: node) }
      do throws(InfoldError) {
        try infer(node, typed, inputs)
      } catch {
        guard error.code == .unsupported || graph.keepsFaultyNodes && error.isFaultOfModel else { throw error }
        graph[id] = node.refused(error)
        believeClaims(of: node)
      }
    }
  }

  /// What is declared is all that there is to know of the outputs of a node that says nothing of them.
  private mutating func believeClaims(of node: Node) {
    for output in node.definitions where graph[output].type == nil { graph[output].type = graph[output].claim }
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
      types[index] = try settled(types[index], for: output, of: node)
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
    // What is wrong in the body is wrong with the call.
    called.graph.keepsFaultyNodes = false
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
    warnings += called.warnings
    for case (let output?, let formal) in zip(node.outputs, body.outputs) {
      guard let type = called.graph[formal].type else { continue }
      graph[output].type = try settled(type, for: output, of: node)
      tensors[output.index] = called.tensors[formal.index]
      partials[output.index] = called.partials[formal.index]
    }
  }

  private mutating func record(_ partial: SymbolicTensor, for id: ValueID) {
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
    guard node.typed?.constantOutput != nil || types.allSatisfy({ $0.smallSizes(limit: Self.maximumCount) != nil })
    else {
      return nil
    }
    return try? node.evaluate(inputs.constants)
  }

  /// What is known of an output: what the operator says, and what was known before.
  private mutating func settled(
    _ inferred: TensorType, for id: ValueID, of node: Node
  ) throws(InfoldError) -> TensorType {
    var settled = inferred
    if let known = graph[id].type {
      if let merged = inferred.merged(with: known) {
        settled = merged
      } else {
        // What was known before is no claim: only a shape may have been declared wrongly.
        guard known.elementType == settled.elementType else { throw contradiction(settled, id) }
        try warn(of: id, settled, declared: known, by: node)
      }
    }
    if let claim = graph[id].claim, !isBelievable(claim, beside: settled) {
      try warn(of: id, settled, declared: claim, by: node)
    }
    return settled
  }

  /// Whether a declaration may be true of a value of this type. One size is not what the open size of an input is.
  private func isBelievable(_ claim: TensorType, beside type: TensorType) -> Bool {
    guard claim.merged(with: type) != nil else { return false }
    return zip(claim.shape ?? [], type.shape ?? []).allSatisfy { declared, actual in
      guard declared.size != nil, case .symbol(let symbol) = actual else { return true }
      return !openSymbols.contains(symbol)
    }
  }

  private mutating func warn(
    of id: ValueID, _ type: TensorType, declared: TensorType, by node: Node
  ) throws(InfoldError) {
    guard graph.declaredShapes == .advisory else { throw contradiction(type, id) }
    graph[id].claim = nil
    graph[id].isMisdeclared = true
    let name = graph[id].name
    warnings.append(
      ModelWarning(
        declared.elementType == type.elementType ? .declaredShape : .declaredType,
        "the value \(String(quoting: name)) is \(type), but the model declares \(declared); the declaration is ignored",
        value: name, node: graph.label(of: node)))
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
      "the output \(name) is \(inferred), and the model declares it as \((graph[id].claim ?? graph[id].type)?.description ?? "nothing")"
    )
  }
}

extension TensorType {
  /// What is known when both are true of one value; `nil` when they contradict each other.
  fileprivate func merged(with other: TensorType) -> TensorType? {
    guard elementType == other.elementType else { return nil }
    guard let a = shape, let b = other.shape else { return TensorType(elementType, shape ?? other.shape) }
    return a.merged(with: b).map { TensorType(elementType, $0) }
  }
}

extension Shape {
  /// The symbols, in their order.
  package var symbols: [String] {
    dimensions.compactMap { if case .symbol(let name) = $0 { name } else { nil } }
  }

  /// The shape with sizes in the place of these symbols, and nothing in that of the ambiguous ones.
  package func binding(_ symbols: [String: Int], _ ambiguous: Set<String> = []) -> Shape {
    Shape(
      dimensions.map { dimension in
        guard case .symbol(let name) = dimension else { return dimension }
        return ambiguous.contains(name) ? .unknown : symbols[name].map(Dimension.fixed) ?? dimension
      })
  }
}
