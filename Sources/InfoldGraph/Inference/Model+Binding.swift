extension Model {
  /// The model for inputs of these shapes, chosen ahead: the symbols in their declarations become sizes wherever they
  /// stand, and types are inferred again. A `Session` of it takes no other shapes, and makes its plan at once.
  ///
  /// A shape says what the model leaves open, and nothing else: not what is fixed, and a symbol is one size everywhere.
  /// - Parameter shapes: Sizes, each at least 1, by the names of inputs. Inputs that are not named stay as they are, but for
  ///   symbols that they share.
  /// - Throws: `InfoldError` with `.invalidArgument`, naming the input, for a shape that it cannot have, or a name that is no
  ///   input's; as `Graph.inferTypes()`, when the sizes contradict the graph.
  public func binding(inputs shapes: [String: [Int]]) throws(InfoldError) -> Model {
    var model = self
    model.graph = try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try graph.binding(inputs: try inputTypes(shapes))
    }
    return model
  }

  private func inputTypes(_ shapes: [String: [Int]]) throws(InfoldError) -> [ValueID: TensorType] {
    var types: [ValueID: TensorType] = [:]
    for (name, sizes) in shapes.sorted(by: { $0.key < $1.key }) {
      let quoted = String(quoting: name)
      guard let id = graph.inputs.first(where: { graph[$0].name == name }) else {
        let isConstant = graph.valueIDs.contains { graph[$0].name == name && graph.isConstant($0) }
        throw InfoldError(
          .invalidArgument,
          isConstant
            ? "\(quoted) is a constant of the model, whose shape cannot be chosen"
            : "\(quoted) is no input of the model",
          hint: "its inputs are " + graph.inputs.map { String(quoting: graph[$0].name) }.joined(separator: ", "))
      }
      guard let type = graph[id].type else {
        throw InfoldError(.invalidArgument, "the input \(quoted) is not a tensor, and has no shape")
      }
      guard sizes.allSatisfy({ $0 >= 1 }) else {
        throw InfoldError(.invalidArgument, "the input \(quoted) cannot have the shape \(sizes): sizes are at least 1")
      }
      guard sizes.count <= Shape.maximumRank else {
        throw InfoldError(.invalidArgument, "the input \(quoted) cannot have more than \(Shape.maximumRank) dimensions")
      }
      types[id] = TensorType(type.elementType, Shape(sizes))
    }
    return types
  }
}
