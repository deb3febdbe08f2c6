import InfoldSystem
import InfoldTensor

extension Graph {
  /// Establishes the invariants that every reader of a graph relies on: all ids belong to this
  /// graph, each value is defined once and before its uses, and constants have the types of their
  /// tensors. A decoded graph satisfies them; an edited one may not.
  /// - Throws: `InfoldError.Code.invalidModel` as `sort()` does; `.invalidArgument` for an id of
  ///   another graph or a tensor that does not match the type of its value.
  package mutating func makeConsistent() throws(InfoldError) {
    for node in nodes {
      for id in node.inputs + node.outputs where id.map({ !values.indices.contains($0.index) }) ?? false {
        throw InfoldError(
          .invalidArgument,
          "the node refers to value \(id!.index), but the graph has \(values.count): an id is valid only in its own graph",
          node: Node.label(
            name: node.name, opType: node.opType, domain: node.domain,
            outputs: node.definitions.filter { values.indices.contains($0.index) }.map { self[$0].name }))
      }
    }
    for id in inputs + outputs + captures + nodes.flatMap(\.captures) where !values.indices.contains(id.index) {
      throw InfoldError(
        .invalidArgument,
        "the graph refers to value \(id.index), but has only \(values.count): an id is valid only in its own graph")
    }
    try sort()
    try typeConstants()
  }

  /// Sets the type of each constant to that of its tensor.
  /// - Throws: `InfoldError.Code.invalidArgument` if a tensor does not match the type of its value.
  package mutating func typeConstants() throws(InfoldError) {
    for id in valueIDs where isConstant(id) {
      guard let tensor = self[id].initializer?.tensor else { continue }
      let own = TensorType(tensor.elementType, Shape(tensor.shape))
      if let type = self[id].type {
        guard tensor.elementType == type.elementType, type.shape?.admits(tensor.shape) != false else {
          throw InfoldError(
            .invalidArgument,
            "type mismatch: the value \(String(quoting: self[id].name)) is \(type), but its tensor is \(tensor)",
            hint:
              "after changing tensors of a graph, set the types of their values and call Graph.inferTypes()")
        }
        if type == own { continue }
      }
      self[id].type = own
    }
  }
}
