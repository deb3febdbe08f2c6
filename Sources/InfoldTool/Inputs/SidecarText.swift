import FoundationEssentials
import InfoldImage

/// The text of a sidecar for a model, with what the model says of itself.
struct SidecarText {
  private var fields: [(key: String, value: String)] = []

  init(
    _ model: PictureModel, normalization: Preprocessing.Normalization, size: [Int]? = nil,
    layout: Preprocessing.Layout? = nil, labels: String? = nil
  ) {
    var known = PreprocessingFields()
    (known.size, known.layout) = (size, layout)
    model.complete(&known)
    func add(_ key: String, _ value: String?) {
      if let value { fields.append((key, value)) }
    }
    add("input", Self.quoted(known.input ?? "input"))
    add("output", known.output.map(Self.quoted))
    let sides = known.size ?? [224, 224]
    add("size", "[\(sides[0]), \(sides[1])]")
    add("cropFraction", "0.875")
    add("filter", "\"bilinear\"")
    add("normalization", Self.quoted(normalization.rawValue))
    add("colorOrder", "\"RGB\"")
    add("layout", Self.quoted((known.layout ?? .nchw).rawValue))
    add("labels", labels.map(Self.quoted))
    add("scores", known.scores.map { Self.quoted($0.rawValue) })
  }

  /// What must be there, and how samples are scaled.
  var oneLine: String {
    let needed = fields.filter { ["input", "size", "normalization"].contains($0.key) }
    return "{" + needed.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
  }

  /// A key on each line.
  var file: String {
    "{\n" + fields.map { "  \"\($0.key)\": \($0.value)" }.joined(separator: ",\n") + "\n}\n"
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard let data = try? encoder.encode(text) else { return "\"\"" }
    return String(decoding: data, as: UTF8.self)
  }
}
