import InfoldImage
import InfoldSystem

extension Sidecar {
  /// Reads the sidecar of a model, or the file `other`, and checks it against the model.
  /// - Throws: `InfoldError` with the path of the file and all problems found.
  init(ofModel argument: String, at other: String? = nil, _ model: PictureModel) throws(InfoldError) {
    try self.init(path: try Self.path(ofModel: argument, at: other), for: model)
  }

  /// The path of a model's sidecar, or `other`.
  /// - Throws: `InfoldError` with `.invalidArgument` if the model comes from standard input, which
  ///   has no sidecar.
  static func path(ofModel argument: String, at other: String?) throws(InfoldError) -> String {
    guard let path = other ?? path(besideArgument: argument) else {
      throw InfoldError(
        .invalidArgument, "a model from standard input has no sidecar, which describes how pictures are prepared",
        hint: "pass the path of the model")
    }
    return path
  }

  /// The path of a model's sidecar, or `nil` for standard input.
  static func path(besideArgument argument: String) -> String? {
    argument == StandardInput.argument ? nil : path(besideModel: argument)
  }
}

extension Sidecar {
  /// The result of copying a model's sidecar for a model derived from it.
  enum Copy: Equatable {
    /// It was copied, together with its file of class names if that was missing.
    case copied([String])
    /// The new model already has one.
    case kept(String)

    /// The result as a sentence.
    var text: String {
      switch self {
      case .copied(let paths):
        "sidecar copied to " + paths.map(String.init(printable:)).joined(separator: " and ")
      case .kept(let path): "\(String(printable: path)) already exists and was not changed"
      }
    }

    /// The files written.
    var files: [String] { if case .copied(let files) = self { files } else { [] } }
  }

  /// Copies the sidecar of the model at `model` for the model at `output`, unless that model has
  /// one. The file of class names is copied as well if the new folder has no file of that name.
  /// - Returns: `nil` if there is no sidecar to copy, or if a model is not a file.
  /// - Throws: `InfoldError` if a file cannot be written.
  static func carry(from model: String, to output: String) throws(InfoldError) -> Copy? {
    guard let source = path(besideArgument: model), let target = path(besideArgument: output), source != target,
      FileStatus(output)?.kind == .regular,
      let bytes = try? RegularFile.contents(ofFile: source, limit: byteLimit),
      let fields = try? PreprocessingFields(parsing: bytes)
    else { return nil }
    // The file may be any other JSON file with this name. Copy it only if it is a valid sidecar
    // once the fields that a model can supply are filled in.
    var complete = fields
    complete.input = fields.input ?? "input"
    complete.size = fields.size ?? [1, 1]
    guard let preprocessing = try? complete.preprocessing() else { return nil }
    guard FileStatus(target) == nil else {
      let isSame = (try? RegularFile.contents(ofFile: target, limit: byteLimit)) == bytes
      return isSame ? nil : .kept(target)
    }
    try writeReplacing(target) { (writer) throws(InfoldError) in try writer.write(bytes) }
    var written = [target]
    if let labels = preprocessing.labels {
      let (old, new) = (folder(of: source) + labels, folder(of: target) + labels)
      if FileStatus(new) == nil, let names = try? RegularFile.contents(ofFile: old, limit: 1 << 24) {
        try writeReplacing(new) { (writer) throws(InfoldError) in try writer.write(names) }
        written.append(new)
      }
    }
    return .copied(written)
  }
}
