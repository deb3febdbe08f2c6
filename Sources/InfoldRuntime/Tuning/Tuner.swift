import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Measures which implementations of a graph's layers are fastest. It compares plans that differ in
/// one kind of choice and run alternately.
///
/// Each layer is thus measured in place, with the cache contents that the surrounding layers leave.
/// Faster choices are adopted. They are kept if whole runs with all of them are faster, and the
/// next kind of choice builds on them.
struct Tuner {
  private let factory: PlanFactory
  private let cache: TuningCache
  private let graph: Graph
  private let largestByteCount: Int
  /// The end of the measurements, by the monotonic clock.
  private let end: UInt64
  private let limit: UInt64
  /// The time to make and to run the first plan, in nanoseconds.
  private var planning: UInt64 = 0
  private var running: UInt64 = 0
  /// The results known at the beginning.
  private let known: TuningResults
  /// The current results, and the plan made with them.
  private var tuningResults: TuningResults
  private var best: Plan
  /// The choices that the next session need not measure, because they were compared with at least
  /// one alternative.
  private var measured: [Choice.Key: String] = [:]

  /// The fraction of time that an alternative must save. Less may be noise.
  private static let margin = 0.03
  /// The maximum number of runs of each plan in a comparison.
  private static let mostRuns = 20

  /// Returns the fastest plan of a graph, from earlier and new measurements.
  ///
  /// - Throws: The errors of `PlanFactory.plan`; the error that interrupts the preparation of the
  ///   session.
  static func plan(
    _ graph: Graph, for factory: PlanFactory, _ cache: TuningCache, largestByteCount: Int
  ) throws(InfoldError) -> Plan {
    var tuner = try Tuner(graph, factory.unobserved, cache, largestByteCount)
    try tuner.tune()
    return tuner.best
  }

  private init(
    _ graph: Graph, _ factory: PlanFactory, _ cache: TuningCache, _ largestByteCount: Int
  ) throws(InfoldError) {
    let begin = MonotonicClock.nanoseconds()
    self.factory = factory
    self.cache = cache
    self.graph = graph
    self.largestByteCount = largestByteCount
    known = cache.tuningResults
    tuningResults = known
    best = try factory.plan(graph, tuningResults: tuningResults, largestByteCount: largestByteCount)
    let now = MonotonicClock.nanoseconds()
    planning = now - begin
    // A time limit of the session must leave time for the rest of the preparation.
    limit =
      min(cache.options.timeLimit, Interruption.timeLeft.map { $0 / 2 } ?? .seconds(Int64.max))
      .clampedNanoseconds
    end = now &+ limit
  }

  /// Returns the plan for these results, or `nil` if it and the best plan together exceed the
  /// memory limit.
  private func planIfThereIsRoom(_ tuningResults: TuningResults) throws(InfoldError) -> Plan? {
    do throws(InfoldError) {
      return try factory.plan(graph, tuningResults: tuningResults, largestByteCount: largestByteCount)
    } catch {
      guard error.code == .limitExceeded else { throw error }
      try Interruption.check()
      return nil
    }
  }

  /// Returns the choices of the best plan that have no valid measurement yet, of one kind or of
  /// all.
  private func open(_ kind: Choice.Kind? = nil) -> [Choice] {
    best.steps.flatMap(\.choices).filter { choice in
      (kind == nil || choice.key.kind == kind)
        && !(known.fastestOptions[choice.key].map(choice.options.contains) ?? false)
    }
  }

  private mutating func tune() throws(InfoldError) {
    guard limit > 0, !open().isEmpty else { return }
    let helpers = factory.sharers - 1
    // Measurements during another run would not represent this machine.
    while helpers > 0, !WorkerPool.shared.acquire(helpers: helpers) {
      try Interruption.check()
      guard remaining > 0 else { return }
      BackgroundThread.yield()
    }
    defer { if helpers > 0 { WorkerPool.shared.release() } }
    var kept = (tuningResults: tuningResults, plan: best)
    do throws(InfoldError) {
      var trial = try Trial(graph, for: factory, cache.timer)
      // Determine the duration of a run. The second run finds the caches filled.
      for _ in 0..<2 {
        running = try trial.run(best, remaining)
        let kinds = Choice.Kind.allCases.filter { !open($0).isEmpty }
        guard kinds.contains(where: suffices) else {
          cache.noteShortage(kinds.map(timeNeeded).min()! + 2 * running)
          return
        }
      }
      for kind in Choice.Kind.allCases {
        let decided = try tune(kind, &trial)
        // One layer may get faster at the expense of others, and a disturbance may have influenced
        // a choice.
        if tuningResults.fastestOptions != kept.tuningResults.fastestOptions {
          guard let (before, after) = try measure(kept.plan, best, &trial) else {
            (tuningResults, best) = kept
            continue
          }
          if !after.whole.isFaster(than: before.whole) { (tuningResults, best) = kept }
        }
        kept = (tuningResults, best)
        for choice in open(kind) where decided.contains(choice.key) { measured[choice.key] = choice.chosen }
      }
    } catch {
      (tuningResults, best) = kept
      if error.code == .limitExceeded, running == 0, remaining == 0 { cache.noteShortage(nil) }
      // Possible causes: the model rejects random inputs, a plan exceeds the memory limit, or the
      // time is up.
      try Interruption.check()
    }
    if !measured.isEmpty { cache.record(measured) }
    tuningResults.fastestOptions.merge(measured) { $1 }
    // The same plan, marked with the choices that are now measured.
    best = try planIfThereIsRoom(tuningResults) ?? best
  }

  /// Compares the options of one kind as long as there is time, and adopts the faster ones.
  ///
  /// - Returns: The choices whose options were all compared, except those that exceed the memory
  ///   limit.
  private mutating func tune(_ kind: Choice.Kind, _ trial: inout Trial) throws(InfoldError) -> Set<Choice.Key> {
    var tried: [Choice.Key: Set<String>] = [:]
    var undecided: Set<Choice.Key> = []
    while true {
      try Interruption.check()
      var variant = tuningResults
      var changed: Set<Choice.Key> = []
      for choice in open(kind) {
        tried[choice.key, default: []].insert(choice.chosen)
        guard let option = choice.options.first(where: { !tried[choice.key]!.contains($0) }) else { continue }
        variant.fastestOptions[choice.key] = option
        changed.insert(choice.key)
      }
      guard !changed.isEmpty else { break }
      guard suffices(kind) else {
        undecided.formUnion(changed)
        break
      }
      let other = try planIfThereIsRoom(variant)
      // Other options for earlier layers may eliminate later choices.
      if let other { changed.formIntersection(other.steps.flatMap(\.choices).map(\.key)) }
      guard !changed.isEmpty else { break }
      for key in changed { tried[key]!.insert(variant.fastestOptions[key]!) }
      if let other, try !takeOver(other, variant, changed, &trial) { undecided.formUnion(changed) }
    }
    return Set(open(kind).map(\.key)).subtracting(undecided)
  }

  /// Adopts those choices of another plan that made it faster.
  ///
  /// - Returns: Whether the measurements were conclusive.
  private mutating func takeOver(
    _ other: Plan, _ variant: TuningResults, _ changed: Set<Choice.Key>, _ trial: inout Trial
  ) throws(InfoldError) -> Bool {
    guard let (before, after) = try measure(best, other, &trial) else { return false }
    let comparison = PlanComparison(before, after, keys: changed)
    var improved = tuningResults
    for key in changed where comparison.isFaster(key, byMoreThan: Self.margin) {
      improved.fastestOptions[key] = variant.fastestOptions[key]
    }
    guard improved.fastestOptions != tuningResults.fastestOptions else { return true }
    // The other plan has packed the weights already, so keep it alive.
    let plan = try withExtendedLifetime(other) { () throws(InfoldError) in try planIfThereIsRoom(improved) }
    if let plan { (tuningResults, best) = (improved, plan) }
    return true
  }

  /// The minimum number of runs of each plan in a comparison. Longer runs are less noisy.
  private var fewestRuns: Int { running > 30_000_000 ? 2 : 3 }

  /// Returns whether there is time to make another plan, to compare it with the minimum number of
  /// runs, and to check what is adopted.
  private func suffices(_ kind: Choice.Kind) -> Bool { timeNeeded(kind) <= remaining }

  private func timeNeeded(_ kind: Choice.Kind) -> UInt64 {
    // Packing weights dominates the time for the first plan. The last plan is made again.
    let plans = kind.changesWeights ? planning + planning / 4 : planning / 2
    return plans + UInt64(4 * (fewestRuns + 1)) * running
  }

  private var remaining: UInt64 {
    let now = MonotonicClock.nanoseconds()
    return now < end ? end - now : 0
  }

  /// Measures the steps of two plans in alternating runs. Returns `nil` if other processes use the
  /// processors too much.
  private func measure(
    _ first: Plan, _ second: Plan, _ trial: inout Trial
  ) throws(InfoldError) -> (PlanTimes, PlanTimes)? {
    // The first run of a plan finds nothing in the caches.
    _ = try trial.run(second, remaining)
    let slice = MonotonicClock.nanoseconds() &+ limit / 10
    let clocks = [StepClock(), StepClock()]
    for round in 0..<Self.mostRuns {
      // Alternate which plan runs first.
      for place in round % 2 == 0 ? [0, 1] : [1, 0] {
        _ = try trial.run(place == 0 ? first : second, remaining, clocks[place])
      }
      // Times that a test supplies do not change.
      let suffice = cache.timer != nil || MonotonicClock.nanoseconds() >= slice
      if round + 1 >= fewestRuns, suffice { break }
    }
    let times = (trial.times(of: first, clocks[0]), trial.times(of: second, clocks[1]))
    guard min(times.0.count, times.1.count) >= fewestRuns else {
      cache.noteDisturbance()
      return nil
    }
    return times
  }
}

/// Runs plans on random inputs.
private struct Trial {
  private let factory: PlanFactory
  private let timer: StepTimer?
  private let inputs: [Tensor]
  private var results: [Tensor] = []

  /// The fraction of a run's time for which its threads may wait for processors. A run that waits
  /// longer does not count.
  private static let largestWait = 0.05

  /// - Throws: `InfoldError.Code.unsupported` if random inputs cannot be created for the types or
  ///   shapes; `InfoldError.Code.limitExceeded` if they exceed the memory limit.
  init(_ graph: Graph, for factory: PlanFactory, _ timer: StepTimer?) throws(InfoldError) {
    self.factory = factory
    self.timer = timer
    var random = SplitMix64(seed: 0)
    var inputs: [Tensor] = []
    for id in graph.inputs {
      if let value = graph[id].initializer?.tensor {
        inputs.append(value)
        continue
      }
      guard let type = graph[id].type, let sizes = type.shape?.sizes else {
        throw InfoldError(.unsupported, "cannot create random data for an input of unknown shape")
      }
      inputs.append(try Tensor(random: sizes, of: type.elementType, using: &random))
    }
    self.inputs = inputs
  }

  /// Runs a plan with the session's number of threads and returns the time in nanoseconds.
  mutating func run(_ plan: Plan, _ limit: UInt64, _ clock: StepClock? = nil) throws(InfoldError) -> UInt64 {
    // Keep the memory for the next run, as a session does.
    factory.arenas.raiseLimit(plan.workingByteCount(workers: factory.workers))
    let context = RunContext(
      factory: factory, workers: factory.sharers,
      cancellation: Cancellation(.none, timeLimit: .nanoseconds(Int64(clamping: limit))), clock: clock)
    // Disturbances do not affect times that a test supplies.
    let waited = clock == nil || timer != nil ? nil : processorWait()
    let begin = MonotonicClock.nanoseconds()
    try PlanPart(plan).run(inputs, into: &results, budget: factory.budget, in: context)
    let time = MonotonicClock.nanoseconds() - begin
    let wait = waited.flatMap { before in processorWait().map { Double($0 &- before) } } ?? 0
    if wait > Self.largestWait * Double(time) { clock?.discardRun() } else { clock?.endRun() }
    return time
  }

  /// Returns the measured times of the steps of a plan.
  func times(of plan: Plan, _ clock: StepClock) -> PlanTimes {
    let samples = zip(plan.steps, clock.samples(of: plan)).map { step, samples in
      timer.map { timer in samples.compactMap { timer(step.choices.map(\.description), $0) } } ?? samples
    }
    return PlanTimes(steps: plan.steps, samples: samples)
  }
}

extension Duration {
  /// The duration in nanoseconds, clamped to the representable range.
  fileprivate var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    let (scaled, overflows) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflows ? .max / 2 : min(scaled &+ UInt64(clamping: attoseconds / 1_000_000_000), .max / 2)
  }
}
