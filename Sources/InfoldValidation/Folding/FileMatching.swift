/// The matching of a file that another tool folded with the original: which operators and values
/// correspond to each other.
public struct FileMatching: Sendable, Encodable {
  /// The number of operators with weights that were matched by the names of their outputs.
  public internal(set) var byName = 0
  /// The number of operators that were matched by their weights.
  public internal(set) var byWeights = 0
  /// The number of operators that were matched by their order only.
  public internal(set) var byOrder = 0
  /// The labels of the original's operators that have no counterpart.
  public internal(set) var missing: [String] = []
  /// The labels of the file's operators that have no counterpart.
  public internal(set) var additional: [String] = []
  /// The labels of the original's operators whose counterparts have weights that folding does not
  /// explain, although all values agree. The tool made another change to them.
  public internal(set) var changedWeights: [String] = []
  /// The number of values that were compared, and how they were matched. `nil` without inputs.
  public internal(set) var values: ComparisonReport.Values?
  /// Whether the file computes the same as the original, within rounding errors, at every value
  /// that both have. `nil` without inputs.
  public internal(set) var equal: Bool?
  /// The first value whose difference exceeds rounding errors.
  public internal(set) var first: ComparisonReport.Difference?
  /// The changes besides folding that were detected.
  public internal(set) var changes: [String] = []
}

extension FileMatching: CustomStringConvertible {
  /// One line: the number of matched operators, and how they were matched.
  public var description: String {
    var parts: [String] = []
    if byName > 0 { parts.append("\(byName) by name") }
    if byWeights > 0 { parts.append("\(byWeights) by their weights") }
    if byOrder > 0 { parts.append("\(byOrder) by their order") }
    let unmatched = missing.count + additional.count
    if unmatched > 0 { parts.append("\(unmatched) not matched") }
    var text = "operators with weights: " + (parts.isEmpty ? "none" : parts.joined(separator: ", "))
    if let values { text += "; \(values.compared) of \(values.total) values compared" }
    return text
  }
}
