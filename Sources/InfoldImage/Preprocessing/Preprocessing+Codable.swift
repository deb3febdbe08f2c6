import InfoldGraph

extension Preprocessing: Codable {
  private enum Key: String, CodingKey, CaseIterable {
    case input, output, size, cropFraction, filter, mean, standardDeviation, colorOrder, layout, labels, scores
  }

  /// A key that may be anything, to find those that are not known.
  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads every field of the sidecar; there is no default for any of them.
  /// - Throws: `InfoldError`: `.malformedData` that names an unknown key, a missing one, or one of another type;
  ///   `.invalidArgument` for a value out of its range.
  public init(from decoder: any Decoder) throws {
    let container: KeyedDecodingContainer<Key>
    let found: [String]
    do {
      container = try decoder.container(keyedBy: Key.self)
      found = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    } catch is DecodingError {
      throw InfoldError(.malformedData, "a JSON object was expected")
    }
    let unknown = found.filter { Key(rawValue: $0) == nil }.sorted().map(String.init(quoting:))
    guard unknown.isEmpty else {
      throw InfoldError(
        .malformedData, "unknown key " + unknown.joined(separator: ", "),
        hint: "the keys are " + Key.allCases.map(\.rawValue).joined(separator: ", "))
    }

    func value<Value: Decodable>(_ key: Key, _ kind: String) throws(InfoldError) -> Value {
      guard container.contains(key) else { throw InfoldError(.malformedData, "\"\(key.rawValue)\" is missing") }
      guard let value = try? container.decode(Value.self, forKey: key) else {
        throw InfoldError(.malformedData, "\"\(key.rawValue)\" must be \(kind)")
      }
      return value
    }
    func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: Key) throws(InfoldError) -> Value {
      let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
      guard let choice = Value(rawValue: try value(key, "one of \(choices)")) else {
        throw InfoldError(.malformedData, "\"\(key.rawValue)\" must be one of \(choices)")
      }
      return choice
    }

    let size: [Int] = try value(.size, "two integers, height and width")
    guard size.count == 2 else { throw InfoldError(.malformedData, "\"size\" must be two integers, height and width") }
    try self.init(
      input: value(.input, "a string"), output: value(.output, "a string"), height: size[0], width: size[1],
      cropFraction: value(.cropFraction, "a number"), filter: choice(.filter), mean: value(.mean, "three numbers"),
      standardDeviation: value(.standardDeviation, "three numbers"), colorOrder: choice(.colorOrder),
      layout: choice(.layout), labels: value(.labels, "a string"), scores: choice(.scores))
  }

  /// Writes every field of the sidecar.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(input, forKey: .input)
    try container.encode(output, forKey: .output)
    try container.encode([height, width], forKey: .size)
    try container.encode(cropFraction, forKey: .cropFraction)
    try container.encode(filter.rawValue, forKey: .filter)
    try container.encode(mean, forKey: .mean)
    try container.encode(standardDeviation, forKey: .standardDeviation)
    try container.encode(colorOrder.rawValue, forKey: .colorOrder)
    try container.encode(layout.rawValue, forKey: .layout)
    try container.encode(labels, forKey: .labels)
    try container.encode(scores.rawValue, forKey: .scores)
  }
}
