import InfoldSystem
import InfoldTensor

extension Graph {
  /// Makes sure of what everything that reads a graph relies on: ids are of this graph, every value is made once and before it is
  /// read, and constants have the types of their tensors. A graph that was decoded is so; one that was edited may not be.
  /// - Throws: `InfoldError` with `.invalidModel` as `sort()`, or `.invalidArgument` for an id of another graph, and for a tensor that
  ///   does not fit the type of its value.
  package mutating func makeConsistent() throws(InfoldError) {
    for node in nodes {
      for id in node.inputs + node.outputs where id.map({ !values.indices.contains($0.index) }) ?? false {
        throw InfoldError(
          .invalidArgument,
          "the node refers to the value \(id!.index) of \(values.count): ids are good for one graph only",
          node: Node.label(
            name: node.name, opType: node.opType, domain: node.domain,
            outputs: node.definitions.filter { values.indices.contains($0.index) }.map { self[$0].name }))
      }
    }
    for id in inputs + outputs + captures + nodes.flatMap(\.captures) where !values.indices.contains(id.index) {
      throw InfoldError(
        .invalidArgument,
        "the graph refers to the value \(id.index) of \(values.count): ids are good for one graph only")
    }
    try sort()
    try typeConstants()
  }

  /// Gives constants the types of their tensors.
  /// - Throws: `InfoldError` with `.invalidArgument` for a tensor that does not fit its value's type.
  package mutating func typeConstants() throws(InfoldError) {
    for id in valueIDs where isConstant(id) {
      guard let tensor = self[id].initializer?.tensor else { continue }
      let own = TensorType(tensor.elementType, Shape(tensor.shape))
      if let type = self[id].type {
        guard tensor.elementType == type.elementType, type.shape?.admits(tensor.shape) != false else {
          throw InfoldError(
            .invalidArgument, "the value \(String(quoting: self[id].name)) is \(type), and its tensor is \(tensor)",
            hint:
              "after the tensors of a graph were changed, give their values the new types, and call Graph.inferTypes()")
        }
        if type == own { continue }
      }
      self[id].type = own
    }
  }
}
