import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The attributes of a node as text.
struct AttributeText {
  private let attributes: AttributeList

  init(_ attributes: AttributeList) {
    self.attributes = attributes
  }

  /// The important attributes in a few short lines: one line for the window of a convolution or
  /// pool, and one for each other attribute except minor ones.
  var lines: [String] {
    (window.map { [$0] } ?? [])
      + attributes.entries.compactMap { Self.windowNames.union(Self.minorNames).contains($0.name) ? nil : line($0) }
  }

  /// All attributes.
  var complete: [String] {
    attributes.entries.map { "\(String(printable: $0.name)) = \(Self.text($0.value, limit: 16))" }
  }

  private static let windowNames: Set<String> = ["kernel_shape", "strides", "dilations", "group", "pads"]
  /// Attributes that do not affect a run, or rarely differ.
  private static let minorNames: Set<String> = [
    "momentum", "training_mode", "spatial", "is_test", "consumed_inputs", "epsilon",
  ]

  private var window: String? {
    var parts: [String] = []
    if let sizes = numbers("kernel_shape") { parts.append(Self.text(sizes, separator: "×")) }
    if let strides = numbers("strides"), strides.contains(where: { $0 != 1 }) {
      parts.append("stride \(sides(strides))")
    }
    if let dilations = numbers("dilations"), dilations.contains(where: { $0 != 1 }) {
      parts.append("dilation \(sides(dilations))")
    }
    if case .int(let group)? = attributes["group"], group != 1 { parts.append("group \(group)") }
    if let pads = numbers("pads"), pads.contains(where: { $0 != 0 }) { parts.append("pad \(sides(pads))") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private func numbers(_ name: String) -> [Int64]? {
    if case .ints(let numbers)? = attributes[name], !numbers.isEmpty { numbers } else { nil }
  }

  /// Returns the numbers as text, or a single one if all are equal.
  private func sides(_ numbers: [Int64]) -> String {
    Set(numbers).count == 1 ? String(numbers[0]) : Self.text(numbers, separator: " ")
  }

  private func line(_ entry: AttributeList.Entry) -> String? {
    switch entry.value {
    case .tensor, .message: nil
    case .string(let bytes) where entry.name == "auto_pad" && bytes == Array("NOTSET".utf8): nil
    default: "\(String(printable: entry.name)) \(Self.text(entry.value, limit: 6))"
    }
  }

  private static func text(_ value: Attribute, limit: Int) -> String {
    switch value {
    case .int(let number): String(number)
    case .float(let number): NumberText.significant(Double(number), digits: 5)
    case .string(let bytes): String(printable: String(decoding: bytes.prefix(200), as: UTF8.self))
    case .ints(let numbers): text(numbers, separator: " ", limit: limit)
    case .floats(let numbers): text(numbers, separator: " ", limit: limit)
    case .strings(let strings): counted(strings.count, "string")
    case .tensor(let tensor): "\(tensor.elementType) \(tensor.shape)"
    case .graph(let body): counted(body.nodes.count, "node")
    case .graphs(let bodies): counted(bodies.count, "graph")
    case .message: "of an unsupported kind"
    }
  }

  private static func text(
    _ numbers: [some CustomStringConvertible], separator: String, limit: Int = 6
  ) -> String {
    numbers.prefix(limit).map(\.description).joined(separator: separator) + (numbers.count > limit ? " …" : "")
  }
}
