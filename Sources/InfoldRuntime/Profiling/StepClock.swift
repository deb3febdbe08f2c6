import InfoldTensor

/// Records the time of each step of a run's plans over several runs, including the plans of bodies.
///
/// It is used only by the thread that runs the session.
final class StepClock {
  /// The measurements of one plan.
  private struct Record {
    /// Retained so that no other plan can get the same identity.
    let plan: Plan
    /// The begin and end of each step in the current run; `nil` for steps that have not run yet.
    var spans: [Range<UInt64>?]
    /// The number of executions of each step in the current run.
    var counts: [Int]
    /// The same for the previous run.
    var lastSpans: [Range<UInt64>?] = []
    var lastCounts: [Int] = []
    /// The time of each step in each run, in nanoseconds.
    var samples: [[UInt64]]

    init(_ plan: Plan) {
      self.plan = plan
      spans = Array(repeating: nil, count: plan.steps.count)
      counts = Array(repeating: 0, count: plan.steps.count)
      samples = Array(repeating: [], count: plan.steps.count)
    }

    mutating func endRun() {
      for (step, span) in spans.enumerated() {
        if let span { samples[step].append(UInt64(span.count)) }
      }
      (lastSpans, lastCounts) = (spans, counts)
      discardRun()
    }

    mutating func discardRun() {
      spans = Array(repeating: nil, count: spans.count)
      counts = Array(repeating: 0, count: counts.count)
    }
  }

  private var records: [ObjectIdentifier: Record] = [:]

  /// Records that a step has run. If a step runs again, for the next image or iteration, the
  /// durations are added up.
  func add(_ span: Range<UInt64>, of step: Int, in plan: Plan) {
    let before = records[ObjectIdentifier(plan), default: Record(plan)].spans[step]
    records[ObjectIdentifier(plan), default: Record(plan)].spans[step] =
      before.map { $0.lowerBound..<($0.upperBound + UInt64(span.count)) } ?? span
    records[ObjectIdentifier(plan)]!.counts[step] += 1
  }

  /// Ends a run. Plans that the run did not use are dropped, because plans of bodies come and go
  /// with the shapes.
  func endRun() {
    records = records.filter { $0.value.spans.contains { $0 != nil } }
    for id in Array(records.keys) { records[id]!.endRun() }
  }

  /// Ends a run without recording its times.
  func discardRun() {
    for id in Array(records.keys) { records[id]!.discardRun() }
  }

  /// Returns the time of each step of a plan in each run, in nanoseconds.
  func samples(of plan: Plan) -> [[UInt64]] { records[ObjectIdentifier(plan)]?.samples ?? [] }

  /// Returns the times of the steps that the last run executed.
  func layerTimes(of plan: RunPlan) -> [LayerTime] {
    let begin = records.values.flatMap(\.lastSpans).compactMap { $0?.lowerBound }.min() ?? 0
    return layerTimes(of: plan, since: begin)
  }

  private func layerTimes(of plan: RunPlan, since begin: UInt64) -> [LayerTime] {
    plan.parts.flatMap { part -> [LayerTime] in
      guard let record = records[ObjectIdentifier(part.plan)] else { return [] }
      return part.plan.steps.enumerated().compactMap { index, step in
        guard let span = record.lastSpans[index] else { return nil }
        let samples = record.samples[index].sorted()
        let bodies = (step.step as? BodyStep)?.bodies.flatMap(\.kept) ?? []
        return LayerTime(
          node: step.layer.node, nodes: step.nodes, operation: step.layer.operation, algorithm: step.layer.algorithm,
          measuredChoices: step.measuredChoices, shape: step.layer.shape, repetitions: record.lastCounts[index],
          multiplyAccumulates: saturatedProduct(step.multiplyAccumulates, record.lastCounts[index]),
          nanoseconds: samples[samples.count / 2],
          lastRun: (span.lowerBound - begin)..<(span.upperBound - begin),
          bodies: bodies.flatMap { layerTimes(of: $0, since: begin) })
      }
    }
  }
}
