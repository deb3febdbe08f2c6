import InfoldSystem
import InfoldTensor

extension Graph {
  /// Returns the graph as sessions run it. Unless declared shapes are binding, types follow only
  /// from inputs and operators: the types of node outputs are discarded, and each dimension of an
  /// input gets its own symbol.
  package func trustingOnlyInputs() -> Graph {
    guard declaredShapes == .advisory else { return self }
    var graph = splittingSymbols()
    graph.forgetMadeTypes()
    return graph
  }

  /// Returns the graph with declared types replaced by inferred ones, so that wrong declarations
  /// have no effect. Only needed if inference is incomplete: for unsupported nodes, nodes that
  /// become supported once sizes are known, and consumers of inputs without a type.
  package func replacingDeclaredTypes() throws(InfoldError) -> Graph {
    let isSilent = nodes.contains(where: \.isOpaque) || inputs.contains { self[$0].type == nil }
    guard declaredShapes == .advisory, isSilent else { return self }
    var graph = self
    graph.forgetMadeTypes()
    try graph.inferTypes()
    return graph
  }

  private mutating func forgetMadeTypes() {
    for id in nodes.lazy.flatMap(\.definitions) {
      self[id].type = nil
      self[id].claim = nil
    }
  }

  /// Whether two dimensions of inputs have the same symbol.
  package var sharesSymbols: Bool {
    let symbols = inputs.flatMap { self[$0].type?.shape?.symbols ?? [] }
    return Set(symbols).count < symbols.count
  }

  /// Returns the graph with repeated symbols of inputs renamed, so that each dimension has its own.
  package func splittingSymbols() -> Graph {
    guard sharesSymbols else { return self }
    var graph = self
    var taken = Set(values.flatMap { ($0.type?.shape?.symbols ?? []) + ($0.claim?.shape?.symbols ?? []) })
    var seen: Set<String> = []
    for id in inputs {
      guard var shape = graph[id].type?.shape else { continue }
      for axis in shape.indices {
        guard case .symbol(let name) = shape[axis], !seen.insert(name).inserted else { continue }
        var number = 2
        while !taken.insert("\(name)#\(number)").inserted { number += 1 }
        shape[axis] = .symbol("\(name)#\(number)")
      }
      graph[id].type?.shape = shape
    }
    return graph
  }

  /// Returns the type to show to users: the inferred type, with the model's own symbols for sizes
  /// that are otherwise unknown. Symbols of inputs are left out, because they would claim that the
  /// size equals that of the input.
  package func describedType(_ id: ValueID) -> TensorType? {
    guard var type = self[id].type, let shape = type.shape, let claimed = self[id].claim?.shape,
      claimed.rank == shape.rank
    else { return self[id].type }
    let open = Set(inputSymbols)
    for axis in shape.indices where shape[axis] == .unknown {
      if case .symbol(let name) = claimed[axis], !open.contains(name) { type.shape?[axis] = claimed[axis] }
    }
    return type
  }
}

extension Node {
  fileprivate var isOpaque: Bool { if case .opaque = kind { true } else { false } }
}
