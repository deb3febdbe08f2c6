import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The arguments of `--shape`: `NAME=1x3x224x224` for the shape of an input, and `SYMBOL=64` for
/// the size of a symbol. If a name is both, it means the input.
struct InputShapes {
  /// The sizes by name of an input or symbol.
  private(set) var sizes: [String: [Int]] = [:]

  /// Splits each argument at its last `=`. Names are checked later, by `Model.binding(_:)`.
  /// - Throws: `InfoldError` with `.invalidArgument` if an argument is malformed, or a name is
  ///   repeated.
  init(_ arguments: [String]) throws(InfoldError) {
    for argument in arguments {
      let (name, sizes) = try Self.split(argument)
      guard self.sizes.updateValue(sizes, forKey: name) == nil else {
        throw InfoldError(.invalidArgument, "--shape gives the shape of \(String(quoting: name)) twice")
      }
    }
  }

  /// Returns these shapes for a batch of `size`.
  ///
  /// The first dimension of every input becomes `size` if it is dynamic and the input has no
  /// default value. Inputs that `--shape` does not set use the sizes that the model declares and
  /// those of symbols.
  /// - Throws: `InfoldError` with `.invalidArgument` if no input has a dynamic first dimension, or
  ///   if other sizes are unknown.
  func batched(_ size: Int, for inputs: [ValueInfo]) throws(InfoldError) -> InputShapes {
    let symbols = self.symbols(of: inputs)
    var batched = self
    var isFound = false
    for input in inputs {
      guard let shape = input.type?.shape, let first = shape.first, first.size == nil,
        !input.hasDefault || sizes[input.name] != nil
      else { continue }
      let known = shape.dropFirst().compactMap { symbols.size(of: $0) }
      guard let rest = sizes[input.name].map({ Array($0.dropFirst()) }) ?? (known.count == shape.rank - 1 ? known : nil)
      else {
        throw InfoldError(
          .invalidArgument, "the input \(String(quoting: input.name)) has dynamic dimensions, \(shape)",
          hint: "set them with --shape, as in --shape \(String(printable: input.name))=1x3x224x224")
      }
      batched.sizes[input.name] = [size] + rest
      if case .symbol(let symbol) = first, symbols[symbol] != nil { batched.sizes[symbol] = nil }
      isFound = true
    }
    guard isFound else {
      throw InfoldError(
        .invalidArgument, "--batch needs a dynamic first dimension, but the model fixes that of every input")
    }
    return batched
  }

  /// The sizes that `--shape` gives to symbols of these inputs.
  private func symbols(of inputs: [ValueInfo]) -> [String: Int] {
    let names = Set(inputs.map(\.name))
    var symbols: [String: Int] = [:]
    for symbol in inputs.flatMap({ $0.type?.shape?.symbols ?? [] }) where !names.contains(symbol) {
      if let sizes = sizes[symbol], sizes.count == 1 { symbols[symbol] = sizes[0] }
    }
    return symbols
  }

  /// Separates the shapes of inputs from the sizes of symbols, for a model with these inputs.
  /// - Throws: `InfoldError` with `.invalidArgument` for a symbol with several sizes, or a name
  ///   with one size that is neither an input nor a symbol.
  fileprivate func resolved(
    for inputs: [ValueInfo], isConstant: (String) -> Bool
  ) throws(InfoldError) -> (inputs: [String: [Int]], symbols: [String: Int]) {
    let names = inputs.map(\.name)
    let known = Set(inputs.flatMap { $0.type?.shape?.symbols ?? [] })
    var shapes: [String: [Int]] = [:]
    for (name, sizes) in sizes.sorted(by: { $0.key < $1.key }) where names.contains(name) || !known.contains(name) {
      guard names.contains(name) || sizes.count > 1 || isConstant(name) else {
        throw InfoldError(
          .invalidArgument,
          "\(String(quoting: name)) is neither an input of the model nor a symbol in the shapes of its inputs",
          hint: inputs.listed)
      }
      shapes[name] = sizes
    }
    for symbol in known.sorted() where !names.contains(symbol) {
      guard let sizes = sizes[symbol], sizes.count != 1 else { continue }
      throw InfoldError(
        .invalidArgument,
        "\(String(quoting: symbol)) is a symbol in the shapes of the model's inputs and takes one size",
        hint: "set it with --shape \(String(printable: symbol))=\(sizes.first ?? 1)")
    }
    return (shapes, symbols(of: inputs))
  }

  /// A suggestion for the first name that is neither an input nor a symbol, or `nil` if there is
  /// none.
  fileprivate func suggestion(among inputs: [ValueInfo]) -> String? {
    let names = inputs.map(\.name) + Set(inputs.flatMap { $0.type?.shape?.symbols ?? [] }).sorted()
    let unknown = sizes.keys.sorted().first { !names.contains($0) }
    return unknown.flatMap { InfoldTool.suggestion(for: $0, among: names) }
  }

  private static func split(_ argument: String) throws(InfoldError) -> (name: String, sizes: [Int]) {
    let mismatch = InfoldError(
      .invalidArgument,
      "--shape \(String(quoting: argument)) must have the form NAME=1x3x224x224, with whole numbers of at least 0")
    guard let separator = argument.lastIndex(of: "="), separator > argument.startIndex else { throw mismatch }
    let parts = argument[argument.index(after: separator)...].split(separator: "x", omittingEmptySubsequences: false)
    let sizes = parts.compactMap { part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil }
    guard sizes.count == parts.count else { throw mismatch }
    return (String(argument[..<separator]), sizes)
  }
}

extension [String: Int] {
  /// The size of a dimension if it is fixed, or if it is one of these symbols.
  fileprivate func size(of dimension: Dimension) -> Int? {
    if case .symbol(let symbol) = dimension { self[symbol] } else { dimension.size }
  }
}

extension Model {
  /// Returns the model bound to these shapes and symbols, as `binding(inputs:symbols:)` does.
  /// Prints the model's warnings. Errors about unknown names suggest similar ones.
  func binding(_ shapes: InputShapes) throws(InfoldError) -> Model {
    guard !shapes.sizes.isEmpty else { return self }
    let bound = try annotatingErrors({ error in
      let error = path.map(error.inFile) ?? error
      guard let suggestion = shapes.suggestion(among: graph.inputs.map(graph.info)) else { return error }
      var copy = error
      copy.hint = suggestion + (error.hint.map { " " + $0 } ?? "")
      return copy
    }) { () throws(InfoldError) in
      let chosen = try shapes.resolved(for: graph.inputs.map(graph.info)) { name in
        graph.value(named: name).map(graph.isConstant) ?? false
      }
      return try binding(inputs: chosen.inputs, symbols: chosen.symbols)
    }
    if let path { WarningLines.write(bound.warnings, of: path) }
    return bound
  }
}
