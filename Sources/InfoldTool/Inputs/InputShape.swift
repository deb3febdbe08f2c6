import InfoldGraph
import InfoldRuntime

/// An argument `NAME=1x3x224x224`: the sizes of an input.
struct InputShape {
  /// The input.
  let name: String
  /// The sizes, each ≥ 0.
  let sizes: [Int]

  /// Splits `argument` at its last `=`.
  /// - Throws: `InfoldError` with `.invalidArgument` for an argument of another form, or one that names no input.
  init(_ argument: String, inputs: [ValueInfo]) throws(InfoldError) {
    guard let separator = argument.lastIndex(of: "="), separator > argument.startIndex else {
      throw InfoldError(
        .invalidArgument, "--shape \(String(quoting: argument)) must have the form NAME=1x3x224x224")
    }
    let name = String(argument[..<separator])
    guard inputs.contains(where: { $0.name == name }) else {
      throw InfoldError(
        .invalidArgument, "--shape names \(String(quoting: name)), which is no input of the model",
        hint: listOfInputs(inputs))
    }
    let parts = argument[argument.index(after: separator)...].split(separator: "x", omittingEmptySubsequences: false)
    let sizes = parts.compactMap { part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil }
    guard sizes.count == parts.count else {
      throw InfoldError(
        .invalidArgument,
        "--shape \(String(quoting: argument)) must have the form NAME=1x3x224x224, with whole numbers between the x")
    }
    self.name = name
    self.sizes = sizes
  }

  /// Checks the sizes against what the model declares.
  /// - Throws: `InfoldError` with `.invalidArgument`.
  func check(_ type: TensorType) throws(InfoldError) {
    guard let shape = type.shape else { return }
    let fits = shape.rank == sizes.count && zip(shape, sizes).allSatisfy { $0.size == nil || $0.size == $1 }
    guard fits else {
      throw InfoldError(
        .invalidArgument, "--shape gives \(String(quoting: name)) the shape \(sizes); the model wants \(shape)")
    }
  }
}
