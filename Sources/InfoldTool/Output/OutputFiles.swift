import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The files in which `run --output` stores outputs.
struct OutputFiles {
  /// The path of each output.
  let paths: [String: String]
  private let folder: String

  /// Chooses `folder/NAME.npy` for each output; a `/` or `:` in a name becomes `_`. Makes nothing yet.
  /// - Throws: `InfoldError` with `.invalidArgument` for outputs that would have the same file, or a name that no file
  ///   can have; `.unsupported` for a type that NumPy lacks.
  init(_ outputs: [ValueInfo], in folder: String) throws(InfoldError) {
    self.folder = folder
    var paths: [String: String] = [:]
    var names: [String: String] = [:]
    for output in outputs where paths[output.name] == nil {
      let name = fileName(ofValue: output.name) + ".npy"
      guard !output.name.isEmpty, !name.utf8.contains(0), name.utf8.count <= 255 else {
        throw InfoldError(
          .invalidArgument, "the output \(String(quoting: output.name)) has a name that no file can have")
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

  /// Makes the folder, where it is missing.
  /// - Throws: `InfoldError` with `.fileAccess`.
  func createFolder() throws(InfoldError) {
    try Folder.create(folder)
  }

  /// Writes the outputs.
  /// - Throws: `InfoldError` with `.fileAccess`, naming the file.
  func write(_ outputs: [String: Tensor]) throws(InfoldError) {
    for (name, path) in paths.sorted(by: { $0.value < $1.value }) { try NumPyFile.write(outputs[name]!, to: path) }
  }
}

/// The path of what a folder holds.
func path(_ name: String, in folder: String) -> String {
  (folder.hasSuffix("/") ? folder : folder + "/") + name
}

/// The name of a value's file, without its ending: the value's own, each `/` and `:` become `_`.
func fileName(ofValue name: String) -> String {
  String(String.UnicodeScalarView(name.unicodeScalars.map { $0 == "/" || $0 == ":" ? "_" : $0 }))
}
