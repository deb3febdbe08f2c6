import InfoldImage
import InfoldSystem

extension Sidecar {
  /// Reads the file beside the model that an argument names, or another one, and holds it against the model.
  /// - Throws: `InfoldError` that names the file, and tells of everything that is wrong.
  init(ofModel argument: String, at other: String? = nil, _ model: PictureModel) throws(InfoldError) {
    try self.init(path: try Self.path(ofModel: argument, at: other), for: model)
  }

  /// The path of the file beside the model that an argument names, or of another one.
  /// - Throws: `InfoldError` with `.invalidArgument` for standard input, beside which no file is.
  static func path(ofModel argument: String, at other: String?) throws(InfoldError) -> String {
    guard let path = other ?? path(besideArgument: argument) else {
      throw InfoldError(
        .invalidArgument, "a model from standard input has no file beside it that says how pictures go into it",
        hint: "name the model's file")
    }
    return path
  }

  /// The path of the file beside a model's; `nil` for standard input.
  static func path(besideArgument argument: String) -> String? {
    argument == StandardInput.argument ? nil : path(besideModel: argument)
  }
}

extension Sidecar {
  /// What became of the sidecar of a model that another one was made of.
  enum SidecarCopy: Equatable {
    /// It was copied, with its file of class names where that was missing.
    case copied([String])
    /// The new model has one already.
    case kept(String)

    /// A sentence.
    var text: String {
      switch self {
      case .copied(let paths):
        "how its pictures are prepared is written to " + paths.map(String.init(printable:)).joined(separator: " and ")
      case .kept(let path): "\(String(printable: path)) already exists and was not changed"
      }
    }

    /// The files that were written.
    var files: [String] { if case .copied(let files) = self { files } else { [] } }
  }

  /// Gives the model at `output` the sidecar of the one at `model`, unless it has one. The file of class names goes with it into
  /// another folder, unless there is one of that name.
  /// - Returns: `nil` where there is nothing to carry, or no file beside which it could be.
  /// - Throws: `InfoldError` for a file that cannot be written.
  static func carry(from model: String, to output: String) throws(InfoldError) -> SidecarCopy? {
    guard let source = path(besideArgument: model), let target = path(besideArgument: output), source != target,
      FileStatus(output)?.kind == .regular,
      let bytes = try? RegularFile.contents(ofFile: source, limit: byteLimit),
      let fields = try? PreprocessingFields(parsing: bytes)
    else { return nil }
    // Any other JSON file may have this name; a sidecar can be understood, with what the model says.
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
