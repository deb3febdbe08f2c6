import InfoldGraph
import InfoldONNX
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// An argument `NAME=FILE`: a tensor for an input.
struct InputFile {
  /// The input.
  let name: String
  /// The path.
  let path: String

  /// Splits `argument` behind the name of an input. Names may hold a `=` themselves: of several that fit, the longest
  /// counts.
  /// - Throws: `InfoldError` with `.invalidArgument` when no input has such a name.
  init(_ argument: String, inputs: [ValueInfo]) throws(InfoldError) {
    let fitting = inputs.map(\.name).filter { argument.utf8.starts(with: ($0 + "=").utf8) }
    guard let name = fitting.max(by: { $0.utf8.count < $1.utf8.count }) else {
      throw InfoldError(
        .invalidArgument, "--input \(String(quoting: argument)) does not begin with the name of an input and a =",
        hint: [Self.suggestion(argument, inputs), listOfInputs(inputs)].compactMap { $0 }.joined(separator: " "))
    }
    self.name = name
    path = String(decoding: argument.utf8.dropFirst(name.utf8.count + 1), as: UTF8.self)
  }

  private static func suggestion(_ argument: String, _ inputs: [ValueInfo]) -> String? {
    guard let separator = argument.lastIndex(of: "=") else { return nil }
    return InfoldTool.suggestion(for: String(argument[..<separator]), among: inputs.lazy.map(\.name))
  }

  /// Reads the tensor.
  /// - Throws: `InfoldError` that names the file.
  func tensor() throws(InfoldError) -> Tensor {
    try readTensor(path)
  }
}

/// Reads a tensor from a `.npy` file, or from a TensorProto, which is what `.pb` stands for; from a pipe, or standard input for `-`,
/// either of them.
/// - Throws: `InfoldError` that names the file.
func readTensor(_ path: String) throws(InfoldError) -> Tensor {
  if path == StandardInput.argument {
    return try tensor(try StandardInput.contents(limit: Model.byteLimit), file: StandardInput.name)
  }
  let name = path.lowercased()
  if name.hasSuffix(".npy") { return try NumPyFile.read(path) }
  if FileStatus(path)?.kind == .pipe {
    return try tensor(try ReadableFile.contents(of: path, limit: Model.byteLimit), file: path)
  }
  guard name.hasSuffix(".pb") else {
    throw InfoldError(.invalidArgument, "is neither a .npy nor a .pb file", file: path)
  }
  return try TensorFile(path: path).tensor
}

/// A tensor whose first bytes tell what it is: an array of NumPy's, or a TensorProto.
private func tensor(_ bytes: [UInt8], file: String) throws(InfoldError) -> Tensor {
  try annotatingErrors({ $0.inFile(file) }) { () throws(InfoldError) in
    guard !bytes.isEmpty else { throw InfoldError(.malformedData, "is empty") }
    return bytes.starts(with: [0x93] + "NUMPY".utf8) ? try NumPyFile.decode(bytes) : try TensorFile(bytes: bytes).tensor
  }
}

/// What a message says of a model's inputs.
func listOfInputs(_ inputs: [ValueInfo]) -> String {
  guard !inputs.isEmpty else { return "the model has no inputs" }
  return "its inputs are " + inputs.map(description).joined(separator: ", ")
}

/// An input, with its type, for messages.
func description(_ input: ValueInfo) -> String {
  String(quoting: input.name) + (input.type.map { " (\($0))" } ?? "")
}
