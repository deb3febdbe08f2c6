import InfoldSystem
import InfoldTensor

extension Graph {
  /// The graph as it runs: where declared shapes do not bind, only what the inputs and the operators say is believed. What
  /// was known of what nodes make is forgotten, and no symbol ties two dimensions of inputs together.
  package func believingInputs() -> Graph {
    guard declaredShapes == .advisory else { return self }
    var graph = splittingSymbols()
    graph.forgetMadeTypes()
    return graph
  }

  /// The graph with the types that follow from inputs and operators: a node that Infold does not have, or has only once sizes are
  /// known, and one behind an input without a type, says nothing of its outputs, and what is declared of them may be wrong.
  package func doubtingClaims() throws(InfoldError) -> Graph {
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

  /// Whether a symbol stands at several dimensions of inputs.
  package var sharesSymbols: Bool {
    let symbols = inputs.flatMap { self[$0].type?.shape?.symbols ?? [] }
    return Set(symbols).count < symbols.count
  }

  /// The graph with a symbol of its own for each dimension of an input that has one.
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

  /// What is told of a value: its type, and the names that the model has for sizes which nothing else is known of. A
  /// symbol of an input is none: it would say that the size is that of the input.
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
