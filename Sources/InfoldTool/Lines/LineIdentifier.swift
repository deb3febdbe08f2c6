import FoundationEssentials

/// The identifier of a line, a string or an integer. The answer repeats it.
enum LineIdentifier: Decodable, Sendable {
  case text(String)
  case number(Int64)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let number = try? container.decode(Int64.self) {
      self = .number(number)
    } else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be a string or an integer")
    }
  }

  /// As JSON.
  var json: [UInt8] {
    switch self {
    case .text(let text):
      var bytes: [UInt8] = []
      JSONLine.append(text, to: &bytes)
      return bytes
    case .number(let number): return Array(String(number).utf8)
    }
  }
}
