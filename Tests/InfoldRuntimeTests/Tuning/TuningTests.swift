import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

/// Sessions that choose by measurement, with invented times.
@Suite struct TuningTests {
  private typealias Tuning = SessionOptions.Tuning

  private static func input(_ model: Model) throws -> Tensor {
    var random = SplitMix64(seed: 7)
    return try random.tensor(model.graph[model.graph.inputs[0]].type!.shape!.sizes!)
  }

  /// A debug build optimizes only one of them.
  #if DEBUG
    private static let kernels = Array(KernelChoice.names.prefix(1))
  #else
    private static let kernels = KernelChoice.names
  #endif

  /// Whichever choice is the fastest, results have the same bits as in a session without tuning.
  @Test(arguments: kernels) func tunedSessionsKeepBits(kernels: String) throws {
    var ways: Set<String> = []
    for seed in 1...20 as ClosedRange<UInt64> {
      let x = try Self.input(networkWithChoices(seed: seed))
      let expected = try Session(
        networkWithChoices(seed: seed), SessionOptions(threads: 1), kernels: kernels, timer: nil
      ).bits(x)
      for threads in 1...3 {
        let options = SessionOptions(threads: threads, tuning: Tuning(timeLimit: .seconds(60), store: .none))
        let times = MadeUpTimes(seed: 10 * seed + UInt64(threads))
        let session = try Session(networkWithChoices(seed: seed), options, kernels: kernels, timer: times.timer)
        for choice in try session.measuredChoices().flatMap(\.self) { ways.insert(choice) }
        #expect(try session.bits(x) == expected, "seed \(seed), \(threads) threads")
        #expect(session.warnings.isEmpty)
      }
    }
    // Each of the alternatives was chosen somewhere.
    for way in ["bands none", "sharing channels", "sharing positions"] {
      #expect(ways.contains(way), "\(way): \(ways)")
    }
    #expect(ways.contains { $0.hasPrefix("bands") && $0.hasSuffix("rows") })
    #expect(!ways.contains { $0.hasPrefix("algorithm") })
  }

  /// Unrestricted tuning also chooses other algorithms, within the error bounds of the precision.
  @Test func freeTuningChoosesAlgorithms() throws {
    var ways: Set<String> = []
    for seed in 1...12 as ClosedRange<UInt64> {
      let precision: SessionOptions.Precision = seed % 4 == 0 ? .exact : .fast
      let x = try Self.input(networkWithChoices(seed: seed))
      let truth: [Double] = try ReferenceSession(networkWithChoices(seed: seed)).run(x).elements()
      let options = SessionOptions(
        threads: 1, precision: precision, tuning: Tuning(scope: .free, timeLimit: .seconds(60), store: .none))
      let times = MadeUpTimes(seed: seed &* 0x9e37_79b9_7f4a_7c15)
      let session = try Session(networkWithChoices(seed: seed), options, timer: times.timer)
      let chosen = try session.measuredChoices().flatMap(\.self)
      if precision == .exact { #expect(!chosen.contains { $0.contains("winograd") }) }
      ways.formUnion(chosen)
      let results: [Float] = try session.run(x).elements()
      let largest = truth.reduce(0) { max($0, abs($1)) }
      for (result, expected) in zip(results, truth) {
        #expect(abs(Double(result) - expected) <= 1e-4 * largest, "seed \(seed), \(precision)")
      }
    }
    for way in ["direct", "few channels", "winograd 2", "winograd 4", "winograd 6"] {
      #expect(ways.contains("algorithm \(way)"), "\(way): \(ways)")
    }
  }

  @Test func whatIsNotFasterStaysAsItIs() throws {
    let model = try networkWithChoices(seed: 1)
    let options = SessionOptions(threads: 2, tuning: Tuning(timeLimit: .seconds(60), store: .none))
    let tuned = try Session(model, options, timer: { _, _ in 1000 }).planDescription()
    let plain = try Session(model, SessionOptions(threads: 2), timer: nil).planDescription()
    #expect(tuned.parts.flatMap(\.steps).map(\.algorithm) == plain.parts.flatMap(\.steps).map(\.algorithm))
    #expect(tuned.parts.map(\.sharedByteCount) == plain.parts.map(\.sharedByteCount))
    // The plan still states that it was measured.
    #expect(tuned.parts.flatMap(\.steps).contains { !$0.measuredChoices.isEmpty })
    #expect(plain.parts.flatMap(\.steps).allSatisfy { $0.measuredChoices.isEmpty })
  }

  /// If the machine is disturbed while one choice is measured, a choice that seemed faster is not kept unless whole runs confirm it.
  @Test func whatWholeRunsDoNotConfirmIsNotKept() throws {
    func model() throws -> Model {
      var network = NetworkBuilder(seed: 1)
      let x = network.input([1, 32, 28, 28])
      return try network.finished(network.node("Conv", [x, network.weights([64, 32, 1, 1])])).model
    }
    // Kernels of one vector width leave one choice, on every machine.
    let usual = try Session(
      model(), SessionOptions(threads: 2, tuning: Tuning(timeLimit: .seconds(60), store: .none)), kernels: "portable",
      timer: { _, _ in 1 }
    ).measuredChoices()
    #expect(usual.flatMap(\.self).count == 1)
    for isDisturbed in [false, true] {
      let folder = try TemporaryFolder()
      let counts = Mutex<[[String]: Int]>([:])
      let options = SessionOptions(
        threads: 2, tuning: Tuning(timeLimit: .seconds(60), store: .folder(folder.path("choices"))))
      let session = try Session(model(), options, kernels: "portable") { choices, _ in
        counts.withLock { counts in
          let count = counts[choices, default: 0]
          counts[choices] = count + 1
          // Three runs are compared before all choices are applied.
          let isFaster = usual.contains(choices) == (isDisturbed && count >= 3)
          return isFaster ? 1000 : 2000
        }
      }
      #expect(try (session.measuredChoices() == usual) == isDisturbed)
      // Nor is it written.
      let next = try Session(model(), options, kernels: "portable") { _, _ in
        Issue.record("it is measured once more")
        return 0
      }
      #expect(try (next.measuredChoices() == usual) == isDisturbed)
    }
  }

  /// If other processes keep the machine busy, nothing is decided, and the next session measures.
  @Test func whatIsDisturbedIsNotDecided() throws {
    let folder = try TemporaryFolder()
    let options = SessionOptions(
      threads: 2, tuning: Tuning(timeLimit: .seconds(60), store: .folder(folder.path("choices"))))
    let disturbed = try Session(networkWithChoices(seed: 1), options) { _, _ in nil }
    #expect(try disturbed.measuredChoices().allSatisfy(\.isEmpty))
    #expect(disturbed.warnings.map(\.code) == [.tuningDisturbed])
    let plain = try Session(networkWithChoices(seed: 1), SessionOptions(threads: 2), timer: nil)
    #expect(try disturbed.algorithms() == plain.algorithms())
    let times = MadeUpTimes(seed: 1)
    let next = try Session(networkWithChoices(seed: 1), options, timer: times.timer)
    #expect(try times.count > 0 && !next.measuredChoices().allSatisfy(\.isEmpty))
    #expect(next.warnings.isEmpty)
  }

  @Test func withoutTimeNothingIsMeasured() throws {
    let folder = try TemporaryFolder(), times = MadeUpTimes(seed: 1)
    let options = SessionOptions(
      threads: 2, tuning: Tuning(timeLimit: .zero, store: .folder(folder.path("choices"))))
    let session = try Session(networkWithChoices(seed: 1), options, timer: times.timer)
    #expect(try session.measuredChoices().allSatisfy(\.isEmpty))
    #expect(times.count == 0)
    // With one thread, the measurement does not wait for other runs.
    let tooShort = SessionOptions(
      threads: 1, tuning: Tuning(timeLimit: .nanoseconds(1), store: .folder(folder.path("choices"))))
    let hasty = try Session(networkWithChoices(seed: 1), tooShort, timer: times.timer)
    #expect(try hasty.measuredChoices().allSatisfy(\.isEmpty))
    #expect(times.count == 0)
    #expect(hasty.warnings.map(\.code) == [.tuningTooShort])
    let negative = SessionOptions(tuning: Tuning(timeLimit: .seconds(-1)))
    #expect(try errorCode { _ = try Session(networkWithChoices(seed: 1), options: negative) } == .invalidArgument)
  }

  /// Measuring does not use up the time limit of a session's preparation.
  @Test func tuningLeavesTimeForThePreparation() throws {
    let options = SessionOptions(
      threads: 1, timeLimit: .seconds(2), tuning: Tuning(timeLimit: .seconds(3600), store: .none))
    for seed in 1...3 as ClosedRange<UInt64> {
      let session = try Session(networkWithChoices(seed: seed), options, timer: nil)
      #expect(throws: Never.self) { try session.measuredChoices() }
    }
  }

  /// An alternative that needs more memory than is available is omitted.
  @Test func theMemoryLimitHolds() throws {
    let model = try networkWithChoices(seed: 2)
    let x = try Self.input(model)
    let plain = try Session(model, SessionOptions(threads: 2), timer: nil)
    let expected = try plain.bits(x)
    var limit = 1 << 26
    while try errorCode({
      _ = try Session(networkWithChoices(seed: 2), SessionOptions(threads: 2, memoryLimit: limit / 2), timer: nil).bits(
        x)
    }) == nil { limit /= 2 }
    let options = SessionOptions(
      threads: 2, memoryLimit: limit, tuning: Tuning(timeLimit: .seconds(60), store: .none))
    let tuned = try Session(networkWithChoices(seed: 2), options, timer: MadeUpTimes(seed: 3).timer)
    #expect(try tuned.bits(x) == expected)
  }

  /// Steps that cannot run on random inputs are not measured, and run as without tuning.
  @Test func networksThatRefuseRandomInputs() throws {
    func model() throws -> Model {
      var network = NetworkBuilder()
      let x = network.input([1, 8, 24, 24]), index = network.input([2], "index", of: .int64)
      let y = try network.node("Conv", [x, network.weights([32, 8, 3, 3])])
      return try network.finished(network.node("Gather", [y, index], ["axis": .int(0)])).model
    }
    let options = SessionOptions(threads: 2, tuning: Tuning(timeLimit: .seconds(60), store: .none))
    let times = MadeUpTimes(seed: 1)
    let tuned = try Session(model(), options, timer: times.timer)
    let plain = try Session(model(), SessionOptions(threads: 2), timer: nil)
    var random = SplitMix64(seed: 1)
    let inputs = ["x": try random.tensor([1, 8, 24, 24]), "index": try Tensor(shape: [2], [0, 0] as [Int64])]
    let results: [[Float]] = try [tuned, plain].map { try $0.run(inputs).values.first!.elements() }
    #expect(results[0] == results[1])
    #expect(times.count == 0)
  }

  /// Runs for measurements are not reported to observers.
  @Test func observersAreNotTold() throws {
    final class Log: SessionObserver {
      let plans = Mutex(0), others = Mutex(0)
      var observesLayers: Bool { true }
      func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) { plans.withLock { $0 += 1 } }
      func didRun(error: InfoldError?, during time: Range<UInt64>) { others.withLock { $0 += 1 } }
      func didRun(_ layer: Layer, during time: Range<UInt64>) { others.withLock { $0 += 1 } }
    }
    let log = Log(), times = MadeUpTimes(seed: 1)
    let options = SessionOptions(threads: 2, tuning: Tuning(timeLimit: .seconds(60), store: .none))
    _ = try Session(
      networkWithChoices(seed: 1), options: options, kernelsNamed: nil, timer: times.timer, observer: log)
    #expect(times.count > 0)
    #expect(log.plans.withLock { $0 } == 1 && log.others.withLock { $0 } == 0)
  }
}
