import InfoldSystem
import InfoldTensor

extension Graph {
  /// Returns the graph with every symbol in `sizes` replaced by its size and with types inferred
  /// again.
  /// - Throws: The errors of `inferTypes()`, if the sizes contradict the graph.
  public func binding(_ sizes: [String: Int]) throws(InfoldError) -> Graph {
    var inference = Inference(self, binding: sizes)
    try inference.run()
    return inference.graph
  }

  /// Returns the graph for inputs of the given types. Symbols in the declared input shapes are
  /// bound to the sizes everywhere.
  /// - Throws: `InfoldError.Code.invalidArgument` for a type that does not match the declared
  ///   input; as `inferTypes()` does, if the sizes contradict the graph.
  public func binding(inputs types: [ValueID: TensorType]) throws(InfoldError) -> Graph {
    try bound(inputs: types).graph
  }

  /// Returns the graph for inputs of the given types and symbols of the given sizes.
  /// - Returns: The graph, and the warnings of symbols and inference.
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
          .invalidArgument, "type mismatch: the input \(String(quoting: self[id].name)) is \(declared), not \(type)")
      }
      if let declared = declared.shape, let shape = type.shape {
        try symbols.bind(declared, to: shape, of: .input(self[id].name))
        graph[id].type = TensorType(type.elementType, shape.merged(with: declared))
      } else {
        graph[id].type = TensorType(type.elementType, declared.shape ?? type.shape)
      }
    }
    // Earlier inference assumed one size for the symbol. With two sizes, its results no longer
    // hold.
    if !symbols.ambiguous.isEmpty { for id in nodes.lazy.flatMap(\.definitions) { graph[id].type = nil } }
    var inference = Inference(graph, binding: symbols.sizes, ambiguous: symbols.ambiguous)
    try inference.run()
    return (inference.graph, symbols.warnings + inference.warnings)
  }

  /// Returns the graph for the batch size `size`, which becomes the first dimension of every input
  /// whose first dimension is dynamic.
  /// - Throws: The errors of `inferTypes()`, if the size contradicts the graph.
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

  /// Returns the multiply-accumulate operations of a node, as counted by its operator. Returns
  /// `nil` for opaque nodes and if sizes are unknown.
  public func multiplyAccumulates(of node: Node) -> Int? {
    node.typed?.multiplyAccumulates(
      inputs: node.inputs.map { $0.flatMap { self[$0].type } },
      outputs: node.outputs.map { $0.flatMap { self[$0].type } })
  }
}
