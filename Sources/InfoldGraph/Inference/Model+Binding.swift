import InfoldSystem
import InfoldTensor

extension Model {
  /// The model for inputs of these shapes and symbols of these sizes, chosen ahead: the symbols become sizes wherever they
  /// stand, and types are inferred again. A `Session` of it takes no other shapes, and makes its plan at once where all are chosen.
  ///
  /// A shape says what the model leaves open, and nothing else: not what is fixed. The symbols of inputs whose shapes are chosen
  /// have their sizes in all inputs, but for a symbol that the shapes of two inputs contradict: that one is taken as two, with a
  /// warning, unless declared shapes bind.
  /// - Parameters:
  ///   - shapes: Sizes, 0 included, by the names of inputs. Inputs that are not named stay as they are, but for
  ///     symbols that they share.
  ///   - symbols: Sizes, 0 included, by the names of symbols in the shapes of inputs.
  /// - Throws: `InfoldError` with `.invalidArgument`, naming the input, for a shape that it cannot have, or a name that is no
  ///   input's, or no symbol's; as `Graph.inferTypes()`, when the sizes contradict the graph.
  public func binding(
    inputs shapes: [String: [Int]] = [:], symbols: [String: Int] = [:]
  ) throws(InfoldError) -> Model {
    var model = self
    let warnings: [ModelWarning]
    (model.graph, warnings) = try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try check(symbols)
      return try graph.bound(inputs: try inputTypes(shapes), symbols: symbols)
    }
    model.add(warnings)
    return model
  }

  private func check(_ symbols: [String: Int]) throws(InfoldError) {
    let names = graph.inputSymbols
    for (symbol, size) in symbols.sorted(by: { $0.key < $1.key }) {
      guard names.contains(symbol) else {
        throw InfoldError(
          .invalidArgument, "\(String(quoting: symbol)) is no symbol in the shapes of the model's inputs",
          hint: names.isEmpty
            ? "there are none" : "they have " + names.map { String(quoting: $0) }.joined(separator: ", "))
      }
      guard size >= 0 else {
        throw InfoldError(
          .invalidArgument, "the symbol \(String(quoting: symbol)) cannot be \(size): sizes are at least 0")
      }
    }
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
      guard sizes.allSatisfy({ $0 >= 0 }) else {
        throw InfoldError(.invalidArgument, "the input \(quoted) cannot have the shape \(sizes): sizes are at least 0")
      }
      guard sizes.count <= Shape.maximumRank else {
        throw InfoldError(.invalidArgument, "the input \(quoted) cannot have more than \(Shape.maximumRank) dimensions")
      }
      types[id] = TensorType(type.elementType, Shape(sizes))
    }
    return types
  }
}

extension Graph {
  /// The symbols in the shapes of the inputs, each once, in their order.
  package var inputSymbols: [String] {
    var seen: Set<String> = []
    return inputs.flatMap { self[$0].type?.shape?.symbols ?? [] }.filter { seen.insert($0).inserted }
  }
}
