import InfoldSystem
import InfoldTensor

extension Model {
  /// Returns the model with dynamic dimensions bound: symbols are replaced by sizes everywhere, and
  /// types are inferred again. A `Session` of the result accepts no other shapes. If all sizes are
  /// bound, it makes its plan when it is created.
  ///
  /// A shape only needs to match the fixed dimensions of its input. A symbol that is bound by one
  /// input has the same size in all inputs. If two inputs contradict each other, the symbol is
  /// treated as two independent sizes, with a warning, unless declared shapes are binding.
  /// - Parameters:
  ///   - shapes: Shapes by input name. Sizes may be 0. Other inputs stay unchanged except for
  ///     shared symbols.
  ///   - symbols: Sizes by symbol name, 0 included.
  /// - Throws: `InfoldError.Code.invalidArgument`, with the name, for a shape that the input cannot
  ///   have, or for a name that is not a graph input or not a symbol; as `Graph.inferTypes()` does,
  ///   if the sizes contradict the graph.
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
          .invalidArgument, "\(String(quoting: symbol)) is not a symbol of the model's input shapes",
          hint: names.isEmpty
            ? "the inputs have no symbols"
            : "the symbols are " + names.map { String(quoting: $0) }.joined(separator: ", "))
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
            ? "\(quoted) is not a graph input but a constant of the model; its shape is fixed"
            : "\(quoted) is not a graph input",
          hint: "the inputs are " + graph.inputs.map { String(quoting: graph[$0].name) }.joined(separator: ", "))
      }
      guard let type = graph[id].type else {
        throw InfoldError(.invalidArgument, "the input \(quoted) has no shape because it is not a tensor")
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
  /// The symbols in the shapes of the inputs, without duplicates, in order.
  package var inputSymbols: [String] {
    var seen: Set<String> = []
    return inputs.flatMap { self[$0].type?.shape?.symbols ?? [] }.filter { seen.insert($0).inserted }
  }
}
