import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// A comparison report that accumulates the results of several samples.
struct CollectedComparison {
  private(set) var report = ComparisonReport()
  private let outputs: [(first: ValueID, second: ValueID)]
  /// The position of the first difference in node order.
  private var firstPlace = Int.max
  private var seen: Set<ValueID> = []
  private var stepPlaces: [ValueID: Int] = [:]

  /// - Parameter notes: Notes about outputs that only one network has.
  init(
    _ first: ComparedNetwork, _ second: ComparedNetwork, _ outputs: [(first: ValueID, second: ValueID)],
    _ notes: [String]
  ) {
    self.outputs = outputs
    report.model = first.path
    report.other = second.path
    report.notes = notes
    report.outputs = outputs.map { OutputDifference(name: first.graph[$0.first].name) }
  }

  /// Adds the results of one sample.
  mutating func add(
    _ sample: String, _ found: (result: DifferenceSearch.Result, matching: ValueMatching), _ first: ComparedRun,
    _ second: ComparedRun
  ) throws(InfoldError) {
    report.inputs.append(sample)
    for (index, pair) in outputs.enumerated() {
      guard let a = first.tensor(pair.first), let b = second.tensor(pair.second) else { continue }
      try report.outputs[index].add(a, b)
      if report.inputs.count == 1, a.shape != b.shape {
        report.notes.append(
          "the output \(String(quoting: first.graph[pair.first].name)) has the shape \(b.shape) in the second model, "
            + "but \(a.shape) in the first model")
      }
    }
    if report.inputs.count == 1 { describe(found.result, found.matching, first, second) }
    addSteps(found.result.steps, first, second)
    let places = first.places
    for finding in found.result.findings where seen.insert(finding.value).inserted {
      let difference = Self.difference(finding, sample, first, second)
      report.equal = false
      if places[finding.value, default: 0] < firstPlace {
        firstPlace = places[finding.value, default: 0]
        if let former = report.first { report.others.insert(former, at: 0) }
        report.first = difference
      } else {
        report.others.append(difference)
      }
    }
  }

  private mutating func describe(
    _ result: DifferenceSearch.Result, _ matching: ValueMatching, _ first: ComparedRun, _ second: ComparedRun
  ) {
    let kinds = matching.kinds.filter { !result.unlike.contains($0.key) && first.producer($0.key) != nil }.values
    report.values = ComparisonReport.Values(
      total: first.comparable.count { first.producer($0) != nil }, compared: result.steps.count,
      byName: kinds.count { $0 == .name }, byContent: kinds.count { $0 == .content },
      byPlace: kinds.count { $0 == .place })
    for (value, map) in result.maps.sorted(by: { $0.key.index < $1.key.index }) {
      let changes = [map.permutes ? "in another order" : nil, map.scales ? "multiplied by factors" : nil]
      report.notes.append(
        "the channels of \(String(quoting: first.graph[value].name)) are "
          + changes.compactMap { $0 }.joined(separator: " and ") + "; a later node undoes this")
    }
    let found = Set(result.findings.map(\.value))
    for step in result.steps where !found.contains(step.value) {
      guard let difference = step.measured.unbounded else { continue }
      report.notes.append(
        "\(String(quoting: first.graph[step.value].name)) differs in \(counted(difference.count, "element")) "
          + "without an error bound; rounding errors may decide between their values")
    }
    for value in result.unlike.sorted(by: { $0.index < $1.index }) {
      guard let partner = matching.partners[value] else { continue }
      report.notes.append(
        "\(String(quoting: second.graph[partner].name)) of the second model is a different value than "
          + "\(String(quoting: first.graph[value].name)) of the first model, but later values are the same")
    }
  }

  /// Adds the measurements of one sample. For each value, the report keeps the measurement of the
  /// sample with the largest share of the bound.
  private mutating func addSteps(
    _ steps: [StepwiseComparison.Step], _ first: ComparedRun, _ second: ComparedRun
  ) {
    for step in steps {
      let measured = step.measured, magnitude = max(measured.magnitude, .leastNormalMagnitude)
      let added = ComparisonReport.Step(
        value: first.graph[step.value].name, other: second.graph[step.other].name,
        difference: measured.largest / magnitude, allowed: measured.allowed / magnitude, share: measured.share)
      if let place = stepPlaces[step.value] {
        if added.share > report.steps[place].share { report.steps[place] = added }
      } else {
        stepPlaces[step.value] = report.steps.count
        report.steps.append(added)
      }
    }
  }

  private static func difference(
    _ finding: StepwiseComparison.Finding, _ sample: String, _ first: ComparedRun, _ second: ComparedRun
  ) -> ComparisonReport.Difference {
    func label(_ run: ComparedRun, _ value: ValueID) -> String {
      run.producer(value).map { run.graph.reference(to: run.graph[$0]) } ?? "input"
    }
    return ComparisonReport.Difference(
      node: label(second, finding.other), value: second.graph[finding.other].name, difference: finding.difference,
      allowed: finding.allowed, largest: finding.largest, place: finding.place, elements: finding.count,
      matchedNode: label(first, finding.value), matchedValue: first.graph[finding.value].name,
      constant: finding.constant, sample: sample,
      paths: second.paths(from: finding.other).map { path in
        ComparisonReport.Path(
          output: second.graph[path.output].name, nodes: path.nodes.map { second.graph.reference(to: second.graph[$0]) }
        )
      })
  }
}
