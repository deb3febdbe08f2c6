import InfoldGraph
import InfoldSystem
import Synchronization

/// What a session knows of the fastest ways to compute: what others have kept in a file, and what it has measured itself.
final class TuningCache: Sendable {
  private struct State {
    /// `nil` before the file was read.
    var answers: TuningResults?
    /// Why the file cannot be written.
    var failure: InfoldError?
    /// The choices that were measured here.
    var measured: Set<Choice.Key> = []
    /// Whether something could not be measured.
    var isDisturbed = false
    /// Why there is no time to measure.
    var shortage: String?
  }

  let options: SessionOptions.Tuning
  /// What takes the place of the times that are measured.
  let timer: StepTimer?
  private let kernels: KernelChoice
  private let state = Mutex(State())

  /// Nothing is read before somebody asks.
  init(_ options: SessionOptions.Tuning, _ kernels: KernelChoice, timer: StepTimer?) {
    self.options = options
    self.kernels = kernels
    self.timer = timer
  }

  /// What is known.
  var answers: TuningResults {
    state.withLock { state in
      if let answers = state.answers { return answers }
      let known = TuningResults(scope: options.scope, ways: (try? file)?.ways ?? [:])
      state.answers = known
      return known
    }
  }

  /// Adds what was measured, and keeps it in the file.
  func learn(_ ways: [Choice.Key: String]) {
    _ = answers
    state.withLock { state in
      state.answers!.ways.merge(ways) { $1 }
      state.measured.formUnion(ways.keys)
    }
    do throws(InfoldError) {
      try file?.add(ways)
    } catch {
      state.withLock { $0.failure = error }
    }
  }

  /// How many choices were measured here.
  var measuredCount: Int { state.withLock { $0.measured.count } }

  /// Other processes used the processors too much to compare two plans.
  func noteDisturbance() {
    state.withLock { $0.isDisturbed = true }
  }

  /// There is no time to compare two plans.
  /// - Parameter nanoseconds: How long that takes; `nil` where not even a run could end.
  func noteShortage(_ nanoseconds: UInt64?) {
    let text = nanoseconds.map { nanoseconds in
      let tenths = (Double(nanoseconds) / 1e8).rounded(.up)
      return "comparing two ways to compute its layers takes about \(Duration.milliseconds(100 * tenths))"
    }
    state.withLock { $0.shortage = text ?? "a single run takes longer" }
  }

  /// That what was measured cannot be kept, and that some could not be measured.
  var warnings: [ModelWarning] {
    let (failure, isDisturbed, shortage) = state.withLock { ($0.failure, $0.isDisturbed, $0.shortage) }
    var warnings: [ModelWarning] = []
    if let failure {
      warnings.append(ModelWarning(.tuningNotKept, "what was measured for tuning cannot be kept: \(failure)"))
    }
    if isDisturbed {
      warnings.append(
        ModelWarning(
          .tuningDisturbed,
          "other processes use the processors too much for tuning to compare all ways to compute the layers: some stay as they are "
            + "without it, and the next session measures again"))
    }
    if let shortage {
      warnings.append(
        ModelWarning(
          .tuningTooShort,
          "this model runs too long to be tuned in the time that tuning may take: \(shortage); raise the time limit of tuning"
        ))
    }
    return warnings
  }

  /// Where choices are kept for this machine; `nil` for nowhere.
  private var file: TuningFile? {
    get throws(InfoldError) {
      switch options.store {
      case .none: nil
      case .folder(let folder): TuningFile(in: folder, kernels)
      case .userCache: TuningFile(in: try UserFolders.cache() + "/infold/tuning", kernels)
      }
    }
  }
}
