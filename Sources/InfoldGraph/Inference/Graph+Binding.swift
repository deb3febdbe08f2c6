import InfoldSystem
import InfoldTensor

extension Graph {
  /// The graph for inputs of certain sizes: every symbol in `sizes` is replaced wherever it stands, and the types are
  /// inferred again.
  /// - Throws: As `inferTypes()`, when the sizes contradict the graph.
  public func binding(_ sizes: [String: Int]) throws(InfoldError) -> Graph {
    var inference = Inference(self, binding: sizes)
    try inference.run()
    return inference.graph
  }

  /// The graph for inputs of these types: the symbols in their declared shapes are bound to the sizes wherever they stand.
  /// - Throws: `InfoldError` with `.invalidArgument` for a type that the input cannot have; as `inferTypes()`, when the
  ///   sizes contradict the graph.
  public func binding(inputs types: [ValueID: TensorType]) throws(InfoldError) -> Graph {
    try bound(inputs: types).graph
  }

  /// The graph for inputs of these types, and for these sizes of symbols.
  /// - Returns: The graph, and what it and the symbols are warned of.
  package func bound(
    inputs types: [ValueID: TensorType], symbols chosen: [String: Int] = [:]
  ) throws(InfoldError) -> (graph: Graph, warnings: [ModelWarning]) {
    var graph = self
    var symbols = SymbolSizes(declaredShapes)
    for (symbol, size) in chosen { symbols.choose(symbol, size) }
    for id in inputs {
      guard let type = types[id] else { continue }
      let declared = self[id].type ?? type
      guard declared.elementType == type.elementType else {
        throw InfoldError(
          .invalidArgument, "the input \(String(quoting: self[id].name)) is \(declared), and cannot be \(type)")
      }
      if let declared = declared.shape, let shape = type.shape {
        try symbols.bind(declared, to: shape, of: .input(self[id].name))
        graph[id].type = TensorType(type.elementType, shape.merged(with: declared))
      } else {
        graph[id].type = TensorType(type.elementType, declared.shape ?? type.shape)
      }
    }
    // What follows from one size everywhere is not true of two.
    if !symbols.ambiguous.isEmpty { for id in nodes.lazy.flatMap(\.definitions) { graph[id].type = nil } }
    var inference = Inference(graph, binding: symbols.sizes, ambiguous: symbols.ambiguous)
    try inference.run()
    return (inference.graph, symbols.warnings + inference.warnings)
  }

  /// The graph for a batch of `size`, which is taken to be the first dimension of every input that leaves it open.
  /// - Throws: As `inferTypes()`, when the size contradicts the graph.
  public func bindingBatch(to size: Int) throws(InfoldError) -> Graph {
    var graph = self
    var symbols: [String: Int] = [:]
    for id in inputs {
      switch self[id].type?.shape?.first {
      case .symbol(let name): symbols[name] = size
      case .unknown: graph[id].type?.shape?[0] = .fixed(size)
      default: break
      }
    }
    return try graph.binding(symbols)
  }

  /// The multiply-accumulates of a node, as its operator counts them; `nil` where sizes are not known, and for opaque
  /// nodes.
  public func multiplyAccumulates(of node: Node) -> Int? {
    node.typed?.multiplyAccumulates(
      inputs: node.inputs.map { $0.flatMap { self[$0].type } },
      outputs: node.outputs.map { $0.flatMap { self[$0].type } })
  }
}
