import InfoldSystem

/// The sidecar `MODEL.json` next to `MODEL.onnx`, which describes how pictures are prepared for the
/// model (docs/Pictures.md).
package struct Sidecar: Sendable {
  /// The maximum file size in bytes.
  package static let byteLimit = 1 << 20

  /// The path of the sidecar.
  package let path: String
  /// The content of the file, completed with properties of the model.
  package let preprocessing: Preprocessing

  /// Reads a sidecar and checks it against the model.
  /// - Throws: `InfoldError` with the path of the file and all problems.
  package init(path: String, for model: PictureModel) throws(InfoldError) {
    self.path = path
    preprocessing = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      var fields = try Self.fields(inFile: path, example: SidecarText(model, normalization: .imageNet).oneLine)
      model.complete(&fields)
      return try fields.preprocessing(model.problems)
    }
  }

  /// The fields of a sidecar.
  /// - Parameter example: An example of a sidecar, for the hint if the file is missing.
  /// - Throws: `InfoldError`: `.fileAccess`, `.limitExceeded`, or `.malformedData` if the file is
  ///   not a JSON object.
  static func fields(inFile path: String, example: String) throws(InfoldError) -> PreprocessingFields {
    let bytes = try annotatingErrors({ failure in
      var failure = failure
      failure.hint =
        "pictures need this sidecar, a JSON object like \(example); 'infold sidecar MODEL' writes it, docs/Pictures.md explains it"
      return failure
    }) { () throws(InfoldError) in try RegularFile.contents(ofFile: path, limit: byteLimit) }
    guard !bytes.isEmpty else { throw InfoldError(.malformedData, "is empty", hint: "a sidecar looks like \(example)") }
    return try PreprocessingFields(parsing: bytes)
  }

  /// The path of a model's sidecar.
  package static func path(besideModel model: String) -> String {
    (model.hasSuffix(".onnx") ? String(model.dropLast(5)) : model) + ".json"
  }

  /// The folder in a path with a trailing slash, or an empty string if the path has no folder.
  package static func folder(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
  }

  /// The class names, if the sidecar names a file with them.
  /// - Throws: The errors of `ClassLabels.init(path:)`.
  package func labels() throws(InfoldError) -> ClassLabels? {
    guard let name = preprocessing.labels else { return nil }
    return try ClassLabels(path: Self.folder(of: path) + name)
  }
}
