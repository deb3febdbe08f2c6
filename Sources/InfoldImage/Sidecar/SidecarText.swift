/// The text of a sidecar, with properties that the model determines.
package struct SidecarText {
  private var fields: [(key: String, value: String)] = []

  package init(
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
    add("colorOrder", Self.quoted(normalization.colorOrder.rawValue))
    add("layout", Self.quoted((known.layout ?? .nchw).rawValue))
    add("labels", labels.map(Self.quoted))
    add("scores", known.scores.map { Self.quoted($0.rawValue) })
  }

  /// The required fields and the normalization, on one line.
  package var oneLine: String {
    let needed = fields.filter { ["input", "size", "normalization"].contains($0.key) }
    return "{" + needed.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
  }

  /// The complete file, one key per line.
  package var file: String {
    "{\n" + fields.map { "  \"\($0.key)\": \($0.value)" }.joined(separator: ",\n") + "\n}\n"
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.unicodeScalars.map(escaped).joined() + "\""
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"", "\\": "\\" + String(scalar)
    case "\0"..."\u{1F}": "\\u" + String(scalar.value + 0x1_0000, radix: 16).dropFirst()
    default: String(scalar)
    }
  }
}
