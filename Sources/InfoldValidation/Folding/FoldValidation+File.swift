import InfoldGraph
import InfoldSystem

// Files of other tools.

extension FoldValidation {
  /// Whether an operator was matched by order only and has weights that folding does not explain,
  /// although all values agree. The tool then made another, correct change to it.
  func hasChangedWeights(_ pair: OperatorMatching.Pair, _ compared: ComparisonReport?) -> Bool {
    guard let compared, compared.equal, pair.kind == .order, let distance = pair.distance else { return false }
    return distance > OperatorPairing.far
  }

  func fileMatching(_ file: Model, _ compared: ComparisonReport?) -> FileMatching {
    var result = FileMatching()
    for pair in matching.pairs {
      if hasChangedWeights(pair, compared) {
        result.changedWeights.append(pair.original.label)
        continue
      }
      switch pair.kind {
      case .name: result.byName += 1
      case .weights: result.byWeights += 1
      case .order: result.byOrder += 1
      }
    }
    (result.missing, result.additional) = (matching.missing, matching.additional)
    result.changes = FileChanges(original, file).descriptions + (compared?.notes ?? [])
    guard let compared else { return result }
    (result.values, result.equal, result.first) = (compared.values, compared.equal, compared.first)
    return result
  }
}

extension ComparisonReport? {
  /// Adds the results of another sample.
  mutating func add(_ other: ComparisonReport) {
    guard var report = self else {
      self = other
      return
    }
    report.equal = report.equal && other.equal
    report.first = report.first ?? other.first
    report.inputs += other.inputs
    self = report
  }
}
