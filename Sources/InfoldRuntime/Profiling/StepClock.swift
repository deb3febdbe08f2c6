import InfoldTensor

/// How long the steps of a run's plans take, those of bodies included, over several runs.
///
/// It belongs to the thread that runs.
final class StepClock {
  /// What is known of a plan.
  private struct Record {
    /// It stays, so that no other one has its identity.
    let plan: Plan
    /// When each step began and ended in the run that goes on; `nil` for those that it has not come to.
    var spans: [Range<UInt64>?]
    /// How often each step ran in the run that goes on.
    var counts: [Int]
    /// The same of the run before it.
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

  /// A step has run. The times of one that runs again, for the next image or trip, are added up, from when the first one began.
  func add(_ span: Range<UInt64>, of step: Int, in plan: Plan) {
    let before = records[ObjectIdentifier(plan), default: Record(plan)].spans[step]
    records[ObjectIdentifier(plan), default: Record(plan)].spans[step] =
      before.map { $0.lowerBound..<($0.upperBound + UInt64(span.count)) } ?? span
    records[ObjectIdentifier(plan)]!.counts[step] += 1
  }

  /// A run has ended. Plans that it did not come to are forgotten: those of bodies come and go with the shapes.
  func endRun() {
    records = records.filter { $0.value.spans.contains { $0 != nil } }
    for id in Array(records.keys) { records[id]!.endRun() }
  }

  /// The run has ended, and counts for nothing.
  func discardRun() {
    for id in Array(records.keys) { records[id]!.discardRun() }
  }

  /// The time of each step of a plan in each run, in nanoseconds.
  func samples(of plan: Plan) -> [[UInt64]] { records[ObjectIdentifier(plan)]?.samples ?? [] }

  /// The steps of a plan that the last run came to.
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
