import InfoldGraph

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
