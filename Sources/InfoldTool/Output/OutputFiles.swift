import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The files to which `run --output` writes outputs.
struct OutputFiles {
  /// The path of each output.
  let paths: [String: String]
  private let folder: String

  /// Chooses `folder/NAME.npy` for each output, with `/` and `:` of the name replaced by `_`.
  /// Creates nothing yet.
  /// - Throws: `InfoldError` with `.invalidArgument` if two outputs map to the same file, or a name
  ///   cannot be a file name; `.unsupported` for element types that NumPy lacks.
  init(_ outputs: [ValueInfo], in folder: String) throws(InfoldError) {
    self.folder = folder
    var paths: [String: String] = [:]
    var names: [String: String] = [:]
    for output in outputs where paths[output.name] == nil {
      let name = fileName(ofValue: output.name) + ".npy"
      guard !output.name.isEmpty, !name.utf8.contains(0), name.utf8.count <= 255 else {
        throw InfoldError(
          .invalidArgument, "the name of the output \(String(quoting: output.name)) cannot be a file name")
      }
      if let other = names[name] {
        throw InfoldError(
          .invalidArgument,
          "the outputs \(String(quoting: other)) and \(String(quoting: output.name)) would both be written to "
            + String(quoting: name))
      }
      if let type = output.type {
        try annotatingErrors({ $0.inFile(name) }) { () throws(InfoldError) in
          try NumPyFile.requireSupport(of: type.elementType)
        }
      }
      names[name] = output.name
      paths[output.name] = path(name, in: folder)
    }
    self.paths = paths
  }

  /// Creates the folder if it is missing.
  func createFolder() throws(InfoldError) {
    try Folder.create(folder)
  }

  /// Writes the outputs.
  /// - Throws: `InfoldError` with `.fileAccess`, naming the file.
  func write(_ outputs: [String: Tensor]) throws(InfoldError) {
    for (name, path) in paths.sorted(by: { $0.value < $1.value }) { try NumPyFile.write(outputs[name]!, to: path) }
  }
}

/// The path of an entry in a folder.
func path(_ name: String, in folder: String) -> String {
  (folder.hasSuffix("/") ? folder : folder + "/") + name
}

/// The file name of a value without its extension: the value's name with `/` and `:` replaced by
/// `_`.
func fileName(ofValue name: String) -> String {
  String(String.UnicodeScalarView(name.unicodeScalars.map { $0 == "/" || $0 == ":" ? "_" : $0 }))
}
