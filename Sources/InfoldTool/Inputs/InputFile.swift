import InfoldGraph
import InfoldONNX
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// An argument `NAME=FILE`: the tensor file of an input.
struct InputFile {
  /// The name of the input.
  let name: String
  /// The path of the file.
  let path: String

  /// Splits an argument after the name of an input. Names may contain `=`; the longest matching
  /// name wins.
  /// - Throws: `InfoldError` with `.invalidArgument` if the argument begins with no input name.
  init(_ argument: String, inputs: [ValueInfo]) throws(InfoldError) {
    let fitting = inputs.map(\.name).filter { argument.utf8.starts(with: ($0 + "=").utf8) }
    guard let name = fitting.max(by: { $0.utf8.count < $1.utf8.count }) else {
      throw InfoldError(
        .invalidArgument,
        "--input \(String(quoting: argument)) does not have the form NAME=FILE with the name of an input",
        hint: [Self.suggestion(argument, inputs), inputs.listed].compactMap { $0 }.joined(separator: " "))
    }
    self.name = name
    path = String(decoding: argument.utf8.dropFirst(name.utf8.count + 1), as: UTF8.self)
  }

  private static func suggestion(_ argument: String, _ inputs: [ValueInfo]) -> String? {
    guard let separator = argument.lastIndex(of: "=") else { return nil }
    return InfoldTool.suggestion(for: String(argument[..<separator]), among: inputs.lazy.map(\.name))
  }

  /// Reads the tensor.
  /// - Throws: `InfoldError` with the path of the file.
  func tensor() throws(InfoldError) -> Tensor {
    try readTensor(path)
  }
}

/// Reads a tensor from a `.npy` file or a `.pb` file (an ONNX TensorProto). From a pipe, or from
/// standard input for `-`, the first bytes tell the format.
/// - Throws: `InfoldError` with the path of the file.
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

/// Decodes a NumPy array or a TensorProto, told apart by the first bytes.
private func tensor(_ bytes: [UInt8], file: String) throws(InfoldError) -> Tensor {
  try annotatingErrors({ $0.inFile(file) }) { () throws(InfoldError) in
    guard !bytes.isEmpty else { throw InfoldError(.malformedData, "is empty") }
    return bytes.starts(with: [0x93] + "NUMPY".utf8) ? try NumPyFile.decode(bytes) : try TensorFile(bytes: bytes).tensor
  }
}
