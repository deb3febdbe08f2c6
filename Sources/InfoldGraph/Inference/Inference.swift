import InfoldSystem
import InfoldTensor

/// Infers what is known about the values of a graph before it runs: types, shapes, and the elements
/// of small tensors, in particular of shapes that the model computes.
package struct Inference {
  /// The most elements of a tensor that is evaluated during inference.
  static let maximumCount = 1024

  /// The graph, with the types inferred so far.
  package private(set) var graph: Graph
  /// The tensors of values that are the same in every run, by value.
  package private(set) var tensors: [Tensor?]
  /// Warnings about wrong declarations.
  package private(set) var warnings: [ModelWarning] = []
  private var partials: [SymbolicTensor?]
  /// Inputs of a function that the call omits.
  private var leftOut: Set<ValueID> = []
  private let declared: [TensorType?]
  private let symbols: [String: Int]
  /// The symbols of graph inputs. Their sizes are known when a run begins.
  private let openSymbols: Set<String>

  /// - Parameters:
  ///   - symbols: The sizes that replace symbols.
  ///   - ambiguous: Symbols with different sizes, which are therefore unknown.
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

  /// Infers types from the first node to the last.
  ///
  /// Nodes after an opaque node, or after a value of unknown type, keep their declared types. A
  /// node becomes opaque if its shape rule does not support its inputs.
  /// - Parameters:
  ///   - first: The node to start from. Earlier nodes are skipped if their types are final.
  ///   - refine: Called after each node. It may refine the types of the node's outputs before later
  ///     nodes are inferred.
  /// - Precondition: The nodes are in topological order.
  /// - Throws: `InfoldError` with the node: the operator's own error, or
  ///   `InfoldError.Code.invalidModel` if an inferred type contradicts a declaration.
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

  /// Returns whether inference has nothing to add to a node's outputs: their sizes are known, and
  /// they are too large to be evaluated.
  private func isSettled(_ node: Node) -> Bool {
    node.typed?.constantOutput == nil
      && node.definitions.allSatisfy { output in
        graph[output].type.map { $0.shape?.sizes != nil && $0.smallSizes(limit: Self.maximumCount) == nil } ?? false
      }
  }

  /// Records the warnings of a node's shape rule or of the inference of its bodies.
  private mutating func take(_ found: [ModelWarning], at id: NodeID) {
    for var warning in found {
      warning.node = warning.node ?? graph.label(of: graph[id])
      warnings.append(warning)
    }
  }

  private mutating func infer(_ id: NodeID) throws(InfoldError) {
    let node = graph[id]
    switch node.kind {
    case .opaque: acceptClaims(of: node)
    case .call(let body):
      do throws(InfoldError) {
        try infer(node, body)
      } catch {
        guard graph.keepsFaultyNodes, error.isFaultOfModel else { throw error }
        graph[id] = node.refused(error)
      }
      acceptClaims(of: node)
    case .typed(let typed):
      guard let inputs = inputs(of: node) else { return acceptClaims(of: node) }
      do throws(InfoldError) {
        try infer(node, typed, inputs)
      } catch {
        guard error.code == .unsupported || graph.keepsFaultyNodes && error.isFaultOfModel else { throw error }
        graph[id] = node.refused(error)
        acceptClaims(of: node)
      }
    }
  }

  /// Uses the declared types of a node's outputs if inference has no result for them.
  private mutating func acceptClaims(of node: Node) {
    for output in node.definitions where graph[output].type == nil { graph[output].type = graph[output].claim }
  }

  /// Returns what is known about the inputs, or `nil` if the type of one is unknown.
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

  /// Infers the outputs of a function call from the node's inputs.
  private mutating func infer(_ node: Node, _ body: Graph) throws(InfoldError) {
    var called = Inference(body)
    // An error in the body is an error of the call.
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

  /// Evaluates a node whose inputs are known and small, if its outputs are small too. A failure is
  /// ignored here: it may never happen in a run, because the node may not be reached.
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

  /// Merges the inferred type of an output with what was known about it.
  private mutating func settled(
    _ inferred: TensorType, for id: ValueID, of node: Node
  ) throws(InfoldError) -> TensorType {
    var settled = inferred
    if let known = graph[id].type {
      if let merged = inferred.merged(with: known) {
        settled = merged
      } else {
        // The known type is not a mere claim: only its shape may have been declared wrongly.
        guard known.elementType == settled.elementType else { throw contradiction(settled, id) }
        try warn(of: id, settled, declared: known, by: node)
      }
    }
    if let claim = graph[id].claim, !isConsistent(claim, with: settled) {
      try warn(of: id, settled, declared: claim, by: node)
    }
    return settled
  }

  /// Returns whether a declaration is compatible with the inferred type. A fixed size is not
  /// compatible with the dynamic dimension of an input.
  private func isConsistent(_ claim: TensorType, with type: TensorType) -> Bool {
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
          "shape mismatch: the output \(name) is \(inferred), so the dimension \(dimension) would be \(size), "
            + "but it is bound to \(bound)")
      }
    }
    return InfoldError(
      .invalidModel,
      "type mismatch: the output \(name) is \(inferred), but the model declares it as "
        + "\((graph[id].claim ?? graph[id].type)?.description ?? "nothing")"
    )
  }
}

extension TensorType {
  /// Returns the combined knowledge of both types, or `nil` if they contradict each other.
  fileprivate func merged(with other: TensorType) -> TensorType? {
    guard elementType == other.elementType else { return nil }
    guard let a = shape, let b = other.shape else { return TensorType(elementType, shape ?? other.shape) }
    return a.merged(with: b).map { TensorType(elementType, $0) }
  }
}

extension Shape {
  /// The symbols, in axis order.
  package var symbols: [String] {
    dimensions.compactMap { if case .symbol(let name) = $0 { name } else { nil } }
  }

  /// Returns the shape with symbols replaced by sizes. Ambiguous symbols become unknown.
  package func binding(_ symbols: [String: Int], _ ambiguous: Set<String> = []) -> Shape {
    Shape(
      dimensions.map { dimension in
        guard case .symbol(let name) = dimension else { return dimension }
        return ambiguous.contains(name) ? .unknown : symbols[name].map(Dimension.fixed) ?? dimension
      })
  }
}
