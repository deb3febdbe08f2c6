import InfoldSystem

/// The file `MODEL.json` beside `MODEL.onnx`, which says how pictures go into the model (docs/Pictures.md).
package struct Sidecar: Sendable {
  /// The largest that it may be, in bytes.
  package static let byteLimit = 1 << 20

  /// The path.
  package let path: String
  /// What the file says, and what the model says where the file does not.
  package let preprocessing: Preprocessing

  /// Reads a file, and holds it against the model.
  /// - Throws: `InfoldError` that names the file, and tells of everything that is wrong.
  package init(path: String, for model: PictureModel) throws(InfoldError) {
    self.path = path
    preprocessing = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      var fields = try Self.fields(inFile: path, example: SidecarText(model, normalization: .imageNet).oneLine)
      model.complete(&fields)
      return try fields.preprocessing(model.problems)
    }
  }

  /// What a file says.
  /// - Parameter example: What such a file may hold, for who has none.
  /// - Throws: `InfoldError`: `.fileAccess` and `.limitExceeded`, `.malformedData` for what is no JSON object.
  static func fields(inFile path: String, example: String) throws(InfoldError) -> PreprocessingFields {
    let bytes = try annotatingErrors({ failure in
      var failure = failure
      failure.hint =
        "pictures need this file, a JSON object like \(example); 'infold sidecar MODEL' writes it, and docs/Pictures.md explains it"
      return failure
    }) { () throws(InfoldError) in try RegularFile.contents(ofFile: path, limit: byteLimit) }
    guard !bytes.isEmpty else { throw InfoldError(.malformedData, "is empty", hint: "it would hold \(example)") }
    return try PreprocessingFields(parsing: bytes)
  }

  /// The path of the file beside a model's.
  package static func path(besideModel model: String) -> String {
    (model.hasSuffix(".onnx") ? String(model.dropLast(5)) : model) + ".json"
  }

  /// The folder of a file, as far as its path names one, with a slash behind it.
  package static func folder(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
  }

  /// The class names, where the file says that there are some.
  /// - Throws: As `ClassLabels.init(path:)`.
  package func labels() throws(InfoldError) -> ClassLabels? {
    guard let name = preprocessing.labels else { return nil }
    return try ClassLabels(path: Self.folder(of: path) + name)
  }
}
