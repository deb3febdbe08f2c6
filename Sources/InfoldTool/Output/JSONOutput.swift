import FoundationEssentials
import InfoldSystem
import InfoldTensor

extension StandardOutput {
  /// Writes one JSON value and a line feed.
  static func writeJSON(_ value: some Encodable) throws(InfoldError) {
    try write(jsonText(value))
  }
}

/// One JSON value and a line feed. NaN and infinities become the strings "NaN", "Infinity" and
/// "-Infinity".
func jsonText(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  guard let data = try? encoder.encode(value) else { preconditionFailure("\(type(of: value)) cannot be encoded") }
  return String(decoding: data, as: UTF8.self) + "\n"
}

/// A shape in JSON: sizes as numbers, symbols as strings, unknown dimensions as null.
struct JSONShape: Encodable {
  var shape: Shape

  func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for dimension in shape {
      switch dimension {
      case .fixed(let size): try container.encode(size)
      case .symbol(let name): try container.encode(name)
      case .unknown: try container.encodeNil()
      }
    }
  }
}
