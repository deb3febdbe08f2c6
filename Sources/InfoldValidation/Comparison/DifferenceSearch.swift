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
    var compared = 0
    /// Values of the same name that mean something else.
    var unlike: Set<ValueID> = []
  }

  /// How often a value may turn out to be no difference. Each takes a pass through the network.
  private static let attempts = 64

  func result() throws(InfoldError) -> Result {
    var excluded: Set<ValueID> = []
    var pass = try comparison.run(without: excluded)
    for _ in 0..<Self.attempts {
      guard let suspect = pass.findings.first, !isOutput(suspect.value) else { break }
      let behind = comparison.first.descendants(of: suspect.value)
      guard let next = pass.findings.dropFirst().first(where: { behind.contains($0.value) }) else { break }
      let left = excluded.union(between(suspect.value, behind, next.value))
      let retry = try comparison.run(without: left)
      let known = Set(pass.findings.map(\.value))
      let isExplained = retry.findings.allSatisfy {
        $0.value != next.value && (known.contains($0.value) || !behind.contains($0.value))
      }
      guard isExplained else { break }
      excluded = left
      pass = retry
    }
    return Result(findings: pass.findings, maps: pass.maps, compared: pass.compared, unlike: excluded)
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
