extension Graph {
  /// The graph for inputs of certain sizes: every symbol in `sizes` is replaced wherever it stands, and the types are
  /// inferred again.
  /// - Throws: As `inferTypes()`, when the sizes contradict the graph.
  public func binding(_ sizes: [String: Int]) throws(InfoldError) -> Graph {
    var bound = self
    for id in valueIDs {
      guard let shape = self[id].type?.shape else { continue }
      bound[id].type?.shape = Shape(
        shape.map { dimension in
          if case .symbol(let name) = dimension, let size = sizes[name] { .fixed(size) } else { dimension }
        })
    }
    try bound.inferTypes()
    return bound
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
