import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Finds out which ways to compute the layers of a graph are the fastest, by plans that differ in one kind of choice and run in turns.
///
/// So each layer is measured where it stands, with what the layers around it leave in the caches. What is faster is taken over; if whole
/// runs are faster with all of that together, it stays, and the next kind is compared with it.
struct Tuner {
  private let factory: PlanFactory
  private let memory: TuningCache
  private let graph: Graph
  private let largestByteCount: Int
  /// When measuring ends, by the monotonic clock.
  private let end: UInt64
  private let limit: UInt64
  /// How long making the first plan and running it took, in nanoseconds.
  private var planning: UInt64 = 0
  private var running: UInt64 = 0
  /// What was known before.
  private let known: TuningResults
  /// What is known, and the plan that follows from it.
  private var answers: TuningResults
  private var best: Plan
  /// What the next session need not measure: what was compared with another way at least.
  private var learned: [Choice.Key: String] = [:]

  /// The share of the time that another way must save: less may be chance.
  private static let margin = 0.03
  /// The most runs of each plan that are compared.
  private static let mostRuns = 20

  /// The fastest plan of a graph, by what was measured before, and is now.
  /// - Throws: As `PlanFactory.plan`; what ends the preparation of the session.
  static func plan(
    _ graph: Graph, for factory: PlanFactory, _ memory: TuningCache, largestByteCount: Int
  ) throws(InfoldError) -> Plan {
    var tuner = try Tuner(graph, factory.unobserved, memory, largestByteCount)
    try tuner.tune()
    return tuner.best
  }

  private init(
    _ graph: Graph, _ factory: PlanFactory, _ memory: TuningCache, _ largestByteCount: Int
  ) throws(InfoldError) {
    let begin = MonotonicClock.nanoseconds()
    self.factory = factory
    self.memory = memory
    self.graph = graph
    self.largestByteCount = largestByteCount
    known = memory.answers
    answers = known
    best = try factory.plan(graph, answers: answers, largestByteCount: largestByteCount)
    let now = MonotonicClock.nanoseconds()
    planning = now - begin
    // A time limit of the session's is for the rest of the preparation as well.
    limit =
      min(memory.options.timeLimit, Interruption.timeLeft.map { $0 / 2 } ?? .seconds(Int64.max))
      .clampedNanoseconds
    end = now &+ limit
  }

  /// The plan by other answers than those of the best; `nil` where both together take more memory than there is.
  private func planIfThereIsRoom(_ answers: TuningResults) throws(InfoldError) -> Plan? {
    do throws(InfoldError) {
      return try factory.plan(graph, answers: answers, largestByteCount: largestByteCount)
    } catch {
      guard error.code == .limitExceeded else { throw error }
      try Interruption.check()
      return nil
    }
  }

  /// The choices of the best plan of which no right way was known; of one kind, or all.
  private func open(_ kind: Choice.Kind? = nil) -> [Choice] {
    best.steps.flatMap(\.choices).filter { choice in
      (kind == nil || choice.key.kind == kind) && !(known.ways[choice.key].map(choice.options.contains) ?? false)
    }
  }

  private mutating func tune() throws(InfoldError) {
    guard limit > 0, !open().isEmpty else { return }
    let helpers = factory.sharers - 1
    // What is measured beside another run is another machine.
    while helpers > 0, !WorkerPool.shared.acquire(helpers: helpers) {
      try Interruption.check()
      guard remaining > 0 else { return }
      BackgroundThread.yield()
    }
    defer { if helpers > 0 { WorkerPool.shared.release() } }
    var kept = (answers: answers, plan: best)
    do throws(InfoldError) {
      var trial = try Trial(graph, for: factory, memory.timer)
      // Says how long a run takes. The second one finds the caches filled.
      for _ in 0..<2 {
        running = try trial.run(best, remaining)
        let kinds = Choice.Kind.allCases.filter { !open($0).isEmpty }
        guard kinds.contains(where: suffices) else {
          memory.noteShortage(kinds.map(timeNeeded).min()! + 2 * running)
          return
        }
      }
      for kind in Choice.Kind.allCases {
        let decided = try tune(kind, &trial)
        // A layer may be faster at the expense of others, and what disturbs the machine may have chosen.
        if answers.ways != kept.answers.ways {
          guard let (before, after) = try measure(kept.plan, best, &trial) else {
            (answers, best) = kept
            continue
          }
          if !after.whole.isFaster(than: before.whole) { (answers, best) = kept }
        }
        kept = (answers, best)
        for choice in open(kind) where decided.contains(choice.key) { learned[choice.key] = choice.chosen }
      }
    } catch {
      (answers, best) = kept
      if error.code == .limitExceeded, running == 0, remaining == 0 { memory.noteShortage(nil) }
      // Random inputs may be nothing that the model can work with; or they, or other ways, take more memory than there is, or the time is over.
      try Interruption.check()
    }
    if !learned.isEmpty { memory.learn(learned) }
    answers.ways.merge(learned) { $1 }
    // The same plan, which knows now what was measured.
    best = try planIfThereIsRoom(answers) ?? best
  }

  /// Compares the ways of a kind, as far as there is time, and takes over what is faster.
  /// - Returns: The choices of which all ways were compared that there is room for.
  private mutating func tune(_ kind: Choice.Kind, _ trial: inout Trial) throws(InfoldError) -> Set<Choice.Key> {
    var tried: [Choice.Key: Set<String>] = [:]
    var undecided: Set<Choice.Key> = []
    while true {
      try Interruption.check()
      var variant = answers
      var changed: Set<Choice.Key> = []
      for choice in open(kind) {
        tried[choice.key, default: []].insert(choice.chosen)
        guard let way = choice.options.first(where: { !tried[choice.key]!.contains($0) }) else { continue }
        variant.ways[choice.key] = way
        changed.insert(choice.key)
      }
      guard !changed.isEmpty else { break }
      guard suffices(kind) else {
        undecided.formUnion(changed)
        break
      }
      let other = try planIfThereIsRoom(variant)
      // With other ways for what comes before, some choices may not come up.
      if let other { changed.formIntersection(other.steps.flatMap(\.choices).map(\.key)) }
      guard !changed.isEmpty else { break }
      for key in changed { tried[key]!.insert(variant.ways[key]!) }
      if let other, try !takeOver(other, variant, changed, &trial) { undecided.formUnion(changed) }
    }
    return Set(open(kind).map(\.key)).subtracting(undecided)
  }

  /// Takes over what another plan does faster, of the choices in which it differs.
  /// - Returns: Whether that could be found out.
  private mutating func takeOver(
    _ other: Plan, _ variant: TuningResults, _ changed: Set<Choice.Key>, _ trial: inout Trial
  ) throws(InfoldError) -> Bool {
    guard let (before, after) = try measure(best, other, &trial) else { return false }
    let comparison = PlanComparison(before, after, keys: changed)
    var improved = answers
    for key in changed where comparison.isFaster(key, byMoreThan: Self.margin) {
      improved.ways[key] = variant.ways[key]
    }
    guard improved.ways != answers.ways else { return true }
    // The other plan has packed the weights already.
    let plan = try withExtendedLifetime(other) { () throws(InfoldError) in try planIfThereIsRoom(improved) }
    if let plan { (answers, best) = (improved, plan) }
    return true
  }

  /// The fewest runs of each plan that are compared. The longer a run takes, the less chance there is in it.
  private var fewestRuns: Int { running > 30_000_000 ? 2 : 3 }

  /// Whether there is time for another plan and the fewest runs, to compare it and then what is taken over.
  private func suffices(_ kind: Choice.Kind) -> Bool { timeNeeded(kind) <= remaining }

  private func timeNeeded(_ kind: Choice.Kind) -> UInt64 {
    // The weights are most of the work for the first plan. The last plan is made once more.
    let plans = kind.changesWeights ? planning + planning / 4 : planning / 2
    return plans + UInt64(4 * (fewestRuns + 1)) * running
  }

  private var remaining: UInt64 {
    let now = MonotonicClock.nanoseconds()
    return now < end ? end - now : 0
  }

  /// How long the steps of two plans take, in turns; `nil` where others use the machine too much.
  private func measure(
    _ first: Plan, _ second: Plan, _ trial: inout Trial
  ) throws(InfoldError) -> (PlanTimes, PlanTimes)? {
    // The first run of a plan finds nothing in the caches.
    _ = try trial.run(second, remaining)
    let slice = MonotonicClock.nanoseconds() &+ limit / 10
    let clocks = [StepClock(), StepClock()]
    for round in 0..<Self.mostRuns {
      // Which of them comes first changes from round to round.
      for place in round % 2 == 0 ? [0, 1] : [1, 0] {
        _ = try trial.run(place == 0 ? first : second, remaining, clocks[place])
      }
      // Times that are made up stay what they are.
      let suffice = memory.timer != nil || MonotonicClock.nanoseconds() >= slice
      if round + 1 >= fewestRuns, suffice { break }
    }
    let times = (trial.times(of: first, clocks[0]), trial.times(of: second, clocks[1]))
    guard min(times.0.count, times.1.count) >= fewestRuns else {
      memory.noteDisturbance()
      return nil
    }
    return times
  }
}

/// Runs of plans on random inputs.
private struct Trial {
  private let factory: PlanFactory
  private let timer: StepTimer?
  private let inputs: [Tensor]
  private var results: [Tensor] = []

  /// The share of a run's time for which its threads may wait for a processor that others have. A run with more of it does not count.
  private static let largestWait = 0.05

  /// - Throws: `InfoldError` with `.unsupported` for inputs of which there are no random ones; `.limitExceeded`.
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
        throw InfoldError(.unsupported, "an input whose shape is not known cannot be made up")
      }
      inputs.append(try Tensor(random: sizes, of: type.elementType, using: &random))
    }
    self.inputs = inputs
  }

  /// How long a run takes, in nanoseconds, with as many threads as the session has.
  mutating func run(_ plan: Plan, _ limit: UInt64, _ clock: StepClock? = nil) throws(InfoldError) -> UInt64 {
    // The memory is kept for the next run, as it is by a session.
    factory.arenas.raiseLimit(plan.workingByteCount(workers: factory.workers))
    let context = RunContext(
      factory: factory, workers: factory.sharers,
      cancellation: Cancellation(.none, timeLimit: .nanoseconds(Int64(clamping: limit))), clock: clock)
    // Times that are made up are not disturbed.
    let waited = clock == nil || timer != nil ? nil : processorWait()
    let begin = MonotonicClock.nanoseconds()
    try PlanPart(plan).run(inputs, into: &results, budget: factory.budget, in: context)
    let time = MonotonicClock.nanoseconds() - begin
    let wait = waited.flatMap { before in processorWait().map { Double($0 &- before) } } ?? 0
    if wait > Self.largestWait * Double(time) { clock?.discardRun() } else { clock?.endRun() }
    return time
  }

  /// How long the steps of a plan took.
  func times(of plan: Plan, _ clock: StepClock) -> PlanTimes {
    let samples = zip(plan.steps, clock.samples(of: plan)).map { step, samples in
      timer.map { timer in samples.compactMap { timer(step.choices.map(\.description), $0) } } ?? samples
    }
    return PlanTimes(steps: plan.steps, samples: samples)
  }
}

extension Duration {
  /// In nanoseconds, as far as they fit.
  fileprivate var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    let (scaled, overflows) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflows ? .max / 2 : min(scaled &+ UInt64(clamping: attoseconds / 1_000_000_000), .max / 2)
  }
}
