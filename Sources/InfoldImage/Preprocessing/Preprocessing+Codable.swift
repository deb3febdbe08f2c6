extension Preprocessing: Codable {
  /// Decodes a sidecar. "input" and "size" are required; everything else has a default.
  /// - Throws: `InfoldError` with all problems: `.malformedData` for an unknown key, a missing key,
  ///   or a value of the wrong type; `.invalidArgument` for a value out of range, and for a mean
  ///   and standard deviation of samples between 0 and 1.
  public init(from decoder: any Decoder) throws {
    self = try PreprocessingFields(JSONValue(from: decoder)).preprocessing()
  }

  /// Encodes all fields of the sidecar.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: PreprocessingFields.Key.self)
    try container.encode(input, forKey: .input)
    try container.encodeIfPresent(output, forKey: .output)
    try container.encode([height, width], forKey: .size)
    try container.encode(cropFraction, forKey: .cropFraction)
    try container.encode(filter.rawValue, forKey: .filter)
    try container.encode(mean, forKey: .mean)
    try container.encode(standardDeviation, forKey: .standardDeviation)
    try container.encode(colorOrder.rawValue, forKey: .colorOrder)
    try container.encode(layout.rawValue, forKey: .layout)
    try container.encodeIfPresent(labels, forKey: .labels)
    try container.encode(scores.rawValue, forKey: .scores)
  }
}
