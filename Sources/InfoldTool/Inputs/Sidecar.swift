import FoundationEssentials
import InfoldImage
import InfoldRuntime
import InfoldSystem

/// The file `MODEL.json` beside `MODEL.onnx`, which says how pictures go into the model (docs/Pictures.md).
struct Sidecar {
  /// The path.
  let path: String
  /// What the file says, and what the model does where the file does not.
  let preprocessing: Preprocessing

  /// Reads the file beside `path`, a model's, or another one, and holds it against the model.
  /// - Throws: `InfoldError` that names the file, and tells of everything that is wrong.
  init(ofModel path: String, at other: String? = nil, _ model: PictureModel) throws(InfoldError) {
    guard let path = other ?? Self.path(besideModel: path) else {
      throw InfoldError(
        .invalidArgument, "a model from standard input has no file beside it that says how pictures go into it",
        hint: "name the model's file")
    }
    self.path = path
    preprocessing = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      var fields = try Self.fields(Self.contents(of: path, model))
      model.complete(&fields)
      return try fields.preprocessing(model.problems)
    }
  }

  /// The path of the sidecar of a model; `nil` for standard input.
  static func path(besideModel model: String) -> String? {
    guard model != StandardInput.argument else { return nil }
    return (model.hasSuffix(".onnx") ? String(model.dropLast(5)) : model) + ".json"
  }

  /// The path of another file in the same folder.
  func path(of file: String) -> String { Self.folder(of: path) + file }

  private static func folder(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
  }

  private static func contents(of path: String, _ model: PictureModel) throws(InfoldError) -> [UInt8] {
    let example = SidecarText(model, normalization: .imagenet).oneLine
    let bytes = try annotatingErrors({ failure in
      var failure = failure
      failure.hint =
        "pictures need this file, a JSON object like \(example); 'infold sidecar MODEL' writes it, and docs/Pictures.md explains it"
      return failure
    }) { () throws(InfoldError) in try RegularFile.contents(ofFile: path, limit: 1 << 20) }
    guard !bytes.isEmpty else { throw InfoldError(.malformedData, "is empty", hint: "it would hold \(example)") }
    return bytes
  }

  private static func fields(_ bytes: [UInt8]) throws(InfoldError) -> PreprocessingFields {
    do {
      return try JSONDecoder().decode(PreprocessingFields.self, from: Data(bytes))
    } catch let error as InfoldError {
      throw error
    } catch {
      throw InfoldError(.malformedData, "is not JSON")
    }
  }
}

extension Sidecar {
  /// What became of the sidecar of a model that another one was made of.
  enum Carried: Equatable {
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
  static func carry(from model: String, to output: String) throws(InfoldError) -> Carried? {
    guard let source = path(besideModel: model), let target = path(besideModel: output), source != target,
      FileStatus(output)?.kind == .regular,
      let bytes = try? RegularFile.contents(ofFile: source, limit: 1 << 20), let fields = try? fields(bytes)
    else { return nil }
    // Any other JSON file may have this name; a sidecar can be understood, with what the model says.
    var complete = fields
    complete.input = fields.input ?? "input"
    complete.size = fields.size ?? [1, 1]
    guard let preprocessing = try? complete.preprocessing() else { return nil }
    guard FileStatus(target) == nil else {
      let isSame = (try? RegularFile.contents(ofFile: target, limit: 1 << 20)) == bytes
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
