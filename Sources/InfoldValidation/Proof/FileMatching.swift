/// How a file that another tool has folded was matched with the original.
public struct FileMatching: Sendable, Encodable {
  /// Operators with weights that were found by the names of the values that they make.
  public internal(set) var byName = 0
  /// Those that were found by their weights.
  public internal(set) var byWeights = 0
  /// Those that were found by their order alone.
  public internal(set) var byOrder = 0
  /// Operators of the original without a counterpart, as errors call them.
  public internal(set) var missing: [String] = []
  /// Operators of the file without a counterpart.
  public internal(set) var additional: [String] = []
  /// Operators of the original whose counterpart has other weights, while all values behind it agree: something that is no folding was
  /// done to them.
  public internal(set) var otherwise: [String] = []
  /// The values that were compared, and how they were found; `nil` without inputs.
  public internal(set) var values: ComparisonReport.Values?
  /// Whether the file computes the same at every value that both have, but for what rounding explains; `nil` without inputs.
  public internal(set) var equal: Bool?
  /// The first value that differs by more.
  public internal(set) var first: ComparisonReport.Difference?
  /// What the tool did besides folding, as far as it was seen.
  public internal(set) var changes: [String] = []
}

extension FileMatching: CustomStringConvertible {
  /// One line: how many operators were matched, and how.
  public var description: String {
    var parts: [String] = []
    if byName > 0 { parts.append("\(byName) by name") }
    if byWeights > 0 { parts.append("\(byWeights) by their weights") }
    if byOrder > 0 { parts.append("\(byOrder) by their order") }
    let unmatched = missing.count + additional.count
    if unmatched > 0 { parts.append("\(unmatched) not matched") }
    var text = "operators with weights: " + (parts.isEmpty ? "none" : parts.joined(separator: ", "))
    if let values { text += "; values compared: \(values.compared) of \(values.total)" }
    return text
  }
}
