import InfoldGraph
import InfoldSystem

/// Finds the first value that differs, and discards differences without an effect.
///
/// Two networks may use one name for unrelated values, or compute the same result in another order.
/// So a value that differs does not count if later values are correct without it.
struct DifferenceSearch {
  let comparison: StepwiseComparison

  /// The result of a search.
  struct Result {
    /// The first difference, and others that do not follow from it.
    var findings: [StepwiseComparison.Finding] = []
    var maps: [ValueID: ChannelMap] = [:]
    var steps: [StepwiseComparison.Step] = []
    /// Values that do not correspond to their matches, such as unrelated values of the same name.
    var unlike: Set<ValueID> = []
  }

  /// The most values that the search may discard. Each attempt is a pass over the nodes after that
  /// value.
  private static let attempts = 64
  /// The largest bound of an output, relative to its largest magnitude, that shows the output to be
  /// correct.
  private static let tight = 1e-4
  /// The number of later differences that are tried as ends of a discarded range.
  private static let ends = 4

  func result() throws(InfoldError) -> Result {
    var excluded: Set<ValueID> = []
    var pass = try comparison.run()
    let initial = pass
    for _ in 0..<Self.attempts {
      guard let suspect = pass.findings.first, !isOutput(suspect.value),
        let explained = try explanation(of: suspect, pass, excluded)
      else { break }
      (excluded, pass) = explained
    }
    // Differences that are explained one by one must not add up at the outputs.
    if pass.findings.isEmpty, !initial.findings.isEmpty, comparison.rounding.arithmetic == 0, try !outputsAgree() {
      (excluded, pass) = ([], initial)
    }
    if pass.findings.isEmpty, comparison.rounding.arithmetic == 0, let finding = try unexplained(pass) {
      pass.findings = [finding]
    }
    return Result(findings: pass.findings, maps: pass.maps, steps: pass.steps, unlike: excluded)
  }

  private typealias Pass = (excluded: Set<ValueID>, result: StepwiseComparison.Result)

  /// Returns the values to exclude so that all values after a suspect are correct, and the pass
  /// without them. `nil` if there are none.
  ///
  /// The search tries to exclude the values between the suspect and each of the next differences,
  /// and then all values that differ.
  private func explanation(
    of suspect: StepwiseComparison.Finding, _ pass: StepwiseComparison.Result, _ excluded: Set<ValueID>
  ) throws(InfoldError) -> Pass? {
    let descendants = comparison.first.descendants(of: suspect.value)
    // A pass begins where the suspect is computed: no earlier value depends on the excluded ones.
    func retry(without values: Set<ValueID>) throws(InfoldError) -> StepwiseComparison.Result {
      try comparison.run(without: values, from: suspect.value, of: pass)
    }
    let known = Set(pass.findings.map(\.value))
    let next = pass.findings.dropFirst().filter { descendants.contains($0.value) }
    for end in next.prefix(Self.ends) {
      let left = excluded.union(between(suspect.value, descendants, end.value))
      let result = try retry(without: left)
      let isRight = result.findings.allSatisfy {
        $0.value != end.value && (known.contains($0.value) || !descendants.contains($0.value))
      }
      if isRight, isCloser(end, result) { return (left, result) }
    }
    // In single precision, rounding explains any difference at the end of a network. There, a value
    // is discarded only if the outputs are the same.
    if next.isEmpty || comparison.rounding.arithmetic > 0 {
      guard try hasNoEffect(descendants) else { return nil }
    }
    let left = excluded.union([suspect.value]).union(next.map(\.value).filter { !isOutput($0) })
    let result = try retry(without: left)
    guard !result.findings.contains(where: { descendants.contains($0.value) }) else { return nil }
    // Bounds that have grown wide on the way show nothing.
    let isTight = result.steps.allSatisfy { step in
      !descendants.contains(step.value) || !isOutput(step.value) || step.measured.isTight(Self.tight)
    }
    if isTight { return (left, result) }
    return try hasNoEffect(descendants) ? (left, result) : nil
  }

  /// Whether a value comes much closer to its expected value, rather than only within wider bounds.
  private func isCloser(_ end: StepwiseComparison.Finding, _ result: StepwiseComparison.Result) -> Bool {
    guard let step = result.steps.last(where: { $0.value == end.value }) else { return false }
    return step.measured.isKnown && step.measured.largest <= end.difference / 4
  }

  /// Whether the outputs among these values are equal up to double precision.
  private func hasNoEffect(_ descendants: Set<ValueID>) throws(InfoldError) -> Bool {
    for pair in comparison.outputs where descendants.contains(pair.first) {
      guard try isSame(pair) else { return false }
    }
    return true
  }

  /// Whether an output is equal up to double precision.
  private func isSame(_ pair: (first: ValueID, second: ValueID)) throws(InfoldError) -> Bool {
    guard let a = comparison.first.tensor(pair.first), let b = comparison.second.tensor(pair.second),
      a.count == b.count, a.elementType == b.elementType
    else { return false }
    return try ElementBounds(ErrorEstimate(exactly: a)).measure(b).difference == nil
  }

  /// The largest difference of an output, relative to its largest magnitude, that may remain without
  /// an explanation.
  private static let unexplained = 1e-3

  /// Returns the cause of a difference of an output if all values are within their bounds: the value
  /// whose wide bounds hide the largest difference.
  private func unexplained(_ pass: StepwiseComparison.Result) throws(InfoldError) -> StepwiseComparison.Finding? {
    for pair in comparison.outputs where try !agree(pair, within: Self.unexplained) {
      let ancestors = ancestors(of: pair.first)
      func size(_ step: StepwiseComparison.Step) -> Double {
        max(step.measured.largest, step.measured.unbounded?.amount ?? 0)
          / max(step.measured.magnitude, .leastNormalMagnitude)
      }
      let hidden = pass.steps.filter { ancestors.contains($0.value) && !$0.measured.isTight() }
      guard let step = hidden.max(by: { size($0) < size($1) }) ?? pass.steps.last(where: { $0.value == pair.first })
      else { continue }
      return StepwiseComparison.Finding(
        value: step.value, other: step.other,
        difference: max(step.measured.largest, step.measured.unbounded?.amount ?? 0), allowed: step.measured.allowed,
        largest: step.measured.magnitude, place: [],
        count: step.measured.unbounded?.count ?? comparison.first.tensor(step.value)?.count ?? 0)
    }
    return nil
  }

  /// Returns `value` and all values that it depends on.
  private func ancestors(of value: ValueID) -> Set<ValueID> {
    var ancestors: Set<ValueID> = [value]
    for node in comparison.first.graph.nodes.reversed() where node.definitions.contains(where: ancestors.contains) {
      ancestors.formUnion(node.uses)
    }
    return ancestors
  }

  /// The largest relative difference of an output that can be due to constants that were rounded
  /// anew.
  private static let agreement = 1e-4

  /// Returns whether both networks compute the same outputs from the same inputs.
  private func outputsAgree() throws(InfoldError) -> Bool {
    for pair in comparison.outputs where try !agree(pair, within: Self.agreement) { return false }
    return true
  }

  /// Returns whether the elements of an output differ by at most `tolerance`, relative to the largest
  /// magnitude. `true` if they cannot be compared.
  private func agree(
    _ pair: (first: ValueID, second: ValueID), within tolerance: Double
  ) throws(InfoldError) -> Bool {
    guard let a = comparison.first.tensor(pair.first), let b = comparison.second.tensor(pair.second),
      a.count == b.count, a.elementType == .float64, b.elementType == .float64
    else { return true }
    let limit = tolerance * a.largestMagnitude
    return zip(try a.numbers(), try b.numbers()).allSatisfy { x, y in !x.isFinite || (x - y).magnitude <= limit }
  }

  private func isOutput(_ value: ValueID) -> Bool { comparison.first.graph.index.isOutput(value) }

  /// Returns the values on paths from `start` to `end`, without outputs and without `end`.
  private func between(_ start: ValueID, _ descendants: Set<ValueID>, _ end: ValueID) -> Set<ValueID> {
    descendants.intersection(ancestors(of: end)).subtracting([end]).filter { !isOutput($0) }
  }
}
