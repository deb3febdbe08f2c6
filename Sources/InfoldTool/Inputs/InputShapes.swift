import InfoldGraph
import InfoldRuntime

/// The arguments `NAME=1x3x224x224`: shapes of inputs, chosen ahead.
struct InputShapes {
  /// The sizes by input.
  private(set) var sizes: [String: [Int]] = [:]

  /// Splits each argument at its last `=`. Whether the model takes the shapes, `Model.binding(inputs:)` says.
  /// - Throws: `InfoldError` with `.invalidArgument` for an argument of another form, or an input that stands twice.
  init(_ arguments: [String]) throws(InfoldError) {
    for argument in arguments {
      let (name, sizes) = try Self.split(argument)
      guard self.sizes.updateValue(sizes, forKey: name) == nil else {
        throw InfoldError(.invalidArgument, "--shape gives the shape of \(String(quoting: name)) twice")
      }
    }
  }

  /// These shapes for a batch of `size`: the first dimension of every input that the model leaves open there, and that has no
  /// default, becomes the size. Without a shape of its own, an input has the other sizes that the model declares.
  /// - Throws: `InfoldError` with `.invalidArgument` when no input leaves its first dimension open, or other sizes are not known.
  func batched(_ size: Int, for inputs: [ValueInfo]) throws(InfoldError) -> InputShapes {
    var batched = self
    var isFound = false
    for input in inputs {
      guard let shape = input.type?.shape, let first = shape.first, first.size == nil,
        !input.hasDefault || sizes[input.name] != nil
      else { continue }
      let known = shape.dropFirst().compactMap(\.size)
      guard let rest = sizes[input.name].map({ Array($0.dropFirst()) }) ?? (known.count == shape.rank - 1 ? known : nil)
      else {
        throw InfoldError(
          .invalidArgument, "the model leaves open the sizes of \(String(quoting: input.name)), \(shape)",
          hint: "give them with --shape \(String(printable: input.name))=1x3x224x224")
      }
      batched.sizes[input.name] = [size] + rest
      isFound = true
    }
    guard isFound else {
      throw InfoldError(
        .invalidArgument, "the model fixes the first dimension of every input; --batch cannot choose it")
    }
    return batched
  }

  /// What a hint says of the first name that is none of `inputs`; `nil` when there is none such.
  func suggestion(among inputs: [ValueInfo]) -> String? {
    let names = inputs.map(\.name)
    let stranger = sizes.keys.sorted().first { !names.contains($0) }
    return stranger.flatMap { InfoldTool.suggestion(for: $0, among: names) }
  }

  private static func split(_ argument: String) throws(InfoldError) -> (name: String, sizes: [Int]) {
    let mismatch = InfoldError(
      .invalidArgument,
      "--shape \(String(quoting: argument)) must have the form NAME=1x3x224x224, with whole numbers of at least 1")
    guard let separator = argument.lastIndex(of: "="), separator > argument.startIndex else { throw mismatch }
    let parts = argument[argument.index(after: separator)...].split(separator: "x", omittingEmptySubsequences: false)
    let sizes = parts.compactMap { part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil }
    guard sizes.count == parts.count, sizes.allSatisfy({ $0 >= 1 }) else { throw mismatch }
    return (String(argument[..<separator]), sizes)
  }
}

extension Model {
  /// The model for inputs of these shapes, as `binding(inputs:)`; an error about a name asks for those that are near.
  func binding(_ shapes: InputShapes) throws(InfoldError) -> Model {
    try annotatingErrors({ error in
      guard let suggestion = shapes.suggestion(among: graph.inputs.map(graph.info)) else { return error }
      var copy = error
      copy.hint = suggestion + (error.hint.map { " " + $0 } ?? "")
      return copy
    }) { () throws(InfoldError) in try binding(inputs: shapes.sizes) }
  }
}
