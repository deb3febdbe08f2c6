import FoundationEssentials
import InfoldSystem
import InfoldTensor

/// A line of `infold run --lines`.
struct RunLine: Decodable {
  /// The inputs and outputs that lines may name.
  struct Model: Sendable {
    /// The element types of the inputs that lines may set.
    let inputs: [String: ElementType]
    let outputs: [String]
    /// The input that a line consisting of a path sets, if the model has exactly one required
    /// input.
    let only: String?
  }

  /// The destination of an output.
  enum Target {
    case inline
    case file(String)
  }

  /// The identifier that the line gives, repeated in the answer.
  let identifier: LineIdentifier?
  let inputs: [String: InlineTensor]
  /// The requested outputs and their destinations; `nil` for all outputs, with the destination of
  /// the command line.
  let outputs: [String: Target]?

  private static let keys = ["id", "inputs", "outputs"]
  fileprivate static let model = CodingUserInfoKey(rawValue: "model")!

  init(from decoder: any Decoder) throws {
    let model = decoder.userInfo[Self.model] as! Model
    let container = try decoder.container(keyedBy: JSONKey.self)
    try container.requireKeys(Self.keys)
    identifier = try container.decodeIfPresent(LineIdentifier.self, forKey: JSONKey("id"))

    let tensors = try container.nestedContainer(keyedBy: JSONKey.self, forKey: JSONKey("inputs"))
    var inputs: [String: InlineTensor] = [:]
    for key in tensors.allKeys {
      guard let type = model.inputs[key.stringValue] else {
        throw Self.unknown(key.stringValue, "an input", among: model.inputs.keys.sorted())
      }
      inputs[key.stringValue] = try InlineTensor(from: tensors.superDecoder(forKey: key), as: type)
    }
    self.inputs = inputs

    guard container.contains(JSONKey("outputs")) else {
      outputs = nil
      return
    }
    var targets: [String: Target] = [:]
    if let names = try? container.decode([String].self, forKey: JSONKey("outputs")) {
      for name in names { targets[name] = .inline }
    } else {
      let paths = try container.decode([String: String?].self, forKey: JSONKey("outputs"))
      for (name, path) in paths { targets[name] = path.map(Target.file) ?? .inline }
    }
    for name in targets.keys.sorted() where !model.outputs.contains(name) {
      throw Self.unknown(name, "an output", among: model.outputs)
    }
    outputs = targets
  }

  private static func unknown(_ name: String, _ kind: String, among names: [String]) -> InfoldError {
    InfoldError(
      .invalidArgument, "\(String(quoting: name)) is not \(kind) of the model",
      hint: suggestion(for: name, among: names) ?? "the names are "
        + names.map(String.init(quoting:)).joined(separator: ", "))
  }

  /// A line that is the path of a tensor file, for the only required input of the model.
  private init(path: String, of model: Model) throws(InfoldError) {
    guard let only = model.only else {
      throw InfoldError(
        .invalidArgument,
        "a line that is a path needs a model with one input, but this model has \(model.inputs.count)",
        hint: "use an object such as {\"inputs\": {\"NAME\": \"file.npy\"}}")
    }
    identifier = nil
    inputs = [only: InlineTensor(file: path)]
    outputs = nil
  }

  init(_ line: InputLine, of model: Model) throws(InfoldError) {
    switch try LineContent(line) {
    case .path(let path): try self.init(path: path, of: model)
    case .object(let bytes): self = try decodeLine(Self.self, bytes, userInfo: [Self.model: model])
    }
  }
}
