import InfoldGraph
import InfoldSystem

/// Finds the first value that differs, among those that only seem to.
///
/// Two networks may use one name for values that mean different things, or compute the same in another order. So a value that differs
/// counts for nothing where values behind it are right without it.
struct DifferenceSearch {
  let comparison: StepwiseComparison

  /// What is found.
  struct Result {
    /// The first difference, and those that arise elsewhere.
    var findings: [StepwiseComparison.Finding] = []
    var maps: [ValueID: ChannelMap] = [:]
    var steps: [StepwiseComparison.Step] = []
    /// Values of the same name that mean something else.
    var unlike: Set<ValueID> = []
  }

  /// How often a value may turn out to be no difference. Each takes a pass through the network behind it.
  private static let attempts = 64
  /// What bounds may be, as a part of the largest number, to show that outputs are right.
  private static let tight = 1e-2
  /// How many of the values that differ behind one are tried.
  private static let ends = 4

  func result() throws(InfoldError) -> Result {
    var excluded: Set<ValueID> = []
    var pass = try comparison.run()
    for _ in 0..<Self.attempts {
      guard let suspect = pass.findings.first, !isOutput(suspect.value),
        let explained = try explanation(of: suspect, pass, excluded)
      else { break }
      (excluded, pass) = explained
    }
    return Result(findings: pass.findings, maps: pass.maps, steps: pass.steps, unlike: excluded)
  }

  private typealias Pass = (excluded: Set<ValueID>, result: StepwiseComparison.Result)

  /// Which values to leave out, so that those behind a suspect are right; `nil` where they are not. Tried are the values up to each of the
  /// next ones that differ, and then all that do.
  private func explanation(
    of suspect: StepwiseComparison.Finding, _ pass: StepwiseComparison.Result, _ excluded: Set<ValueID>
  ) throws(InfoldError) -> Pass? {
    let behind = comparison.first.descendants(of: suspect.value)
    // Passes begin where the suspect is made: nothing before it depends on what is left out.
    func retry(without values: Set<ValueID>) throws(InfoldError) -> StepwiseComparison.Result {
      try comparison.run(without: values, from: suspect.value, of: pass)
    }
    let known = Set(pass.findings.map(\.value))
    // A difference that a constant explains is no other value.
    let next = suspect.isExplained ? [] : pass.findings.dropFirst().filter { behind.contains($0.value) }
    for end in next.prefix(Self.ends) {
      let left = excluded.union(between(suspect.value, behind, end.value))
      let result = try retry(without: left)
      let isRight = result.findings.allSatisfy {
        $0.value != end.value && (known.contains($0.value) || !behind.contains($0.value))
      }
      if isRight, isCloser(end, result) { return (left, result) }
    }
    // Rounding explains any difference at the end of a network in single precision: there, only what changes nothing counts for nothing.
    if next.isEmpty || comparison.rounding.arithmetic > 0 {
      guard try hasNoEffect(behind) else { return nil }
    }
    let left = excluded.union([suspect.value]).union(next.map(\.value).filter { !isOutput($0) })
    let result = try retry(without: left)
    guard !result.findings.contains(where: { behind.contains($0.value) }) else { return nil }
    // Bounds that have become wide on the way show nothing.
    let isTight = result.steps.allSatisfy { step in
      !behind.contains(step.value) || !isOutput(step.value)
        || step.measured.isKnown && step.measured.allowed <= Self.tight * step.measured.magnitude
    }
    if isTight { return (left, result) }
    return try hasNoEffect(behind) ? (left, result) : nil
  }

  /// Whether a value comes much closer to what is expected, and not only within wider bounds.
  private func isCloser(_ end: StepwiseComparison.Finding, _ result: StepwiseComparison.Result) -> Bool {
    guard let step = result.steps.last(where: { $0.value == end.value }) else { return false }
    return step.measured.isKnown && step.measured.largest <= end.difference / 4
  }

  /// Whether the outputs among these values are the same numbers, up to double precision.
  private func hasNoEffect(_ behind: Set<ValueID>) throws(InfoldError) -> Bool {
    for pair in comparison.outputs where behind.contains(pair.first) {
      guard let a = comparison.first.tensor(pair.first), let b = comparison.second.tensor(pair.second),
        a.count == b.count,
        try ElementBounds(ErrorEstimate(exactly: a)).measure(b).difference == nil
      else { return false }
    }
    return true
  }

  private func isOutput(_ value: ValueID) -> Bool { comparison.first.graph.index.isOutput(value) }

  /// The values on the way from one to another that are not outputs.
  private func between(_ start: ValueID, _ behind: Set<ValueID>, _ end: ValueID) -> Set<ValueID> {
    let graph = comparison.first.graph
    var ahead: Set<ValueID> = [end]
    for node in graph.nodes.reversed() where node.definitions.contains(where: ahead.contains) {
      ahead.formUnion(node.uses)
    }
    return behind.intersection(ahead).subtracting([end]).filter { !isOutput($0) }
  }
}
