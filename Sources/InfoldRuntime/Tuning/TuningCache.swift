import InfoldGraph
import InfoldSystem
import Synchronization

/// The tuning results of a session: those stored in a file by earlier sessions, and those that it
/// measured itself.
final class TuningCache: Sendable {
  private struct State {
    /// `nil` before the file is read.
    var tuningResults: TuningResults?
    /// The error of writing the file.
    var failure: InfoldError?
    /// The choices that this session measured.
    var measured: Set<Choice.Key> = []
    /// Whether other processes disturbed a measurement.
    var isDisturbed = false
    /// A description of the time that measuring would need, if it exceeds the limit.
    var shortage: String?
  }

  let options: SessionOptions.Tuning
  /// Replaces measured times in tests.
  let timer: StepTimer?
  private let kernels: KernelChoice
  private let state = Mutex(State())

  /// Creates a cache that reads its file on first use.
  init(_ options: SessionOptions.Tuning, _ kernels: KernelChoice, timer: StepTimer?) {
    self.options = options
    self.kernels = kernels
    self.timer = timer
  }

  /// All known results.
  var tuningResults: TuningResults {
    state.withLock { state in
      if let tuningResults = state.tuningResults { return tuningResults }
      let known = TuningResults(scope: options.scope, fastestOptions: (try? file)?.fastestOptions ?? [:])
      state.tuningResults = known
      return known
    }
  }

  /// Adds measured results and writes them to the file.
  func record(_ fastestOptions: [Choice.Key: String]) {
    _ = tuningResults
    state.withLock { state in
      state.tuningResults!.fastestOptions.merge(fastestOptions) { $1 }
      state.measured.formUnion(fastestOptions.keys)
    }
    do throws(InfoldError) {
      try file?.add(fastestOptions)
    } catch {
      state.withLock { $0.failure = error }
    }
  }

  /// The number of choices that this session measured.
  var measuredCount: Int { state.withLock { $0.measured.count } }

  /// Records that other processes used the processors too much to compare two plans.
  func noteDisturbance() {
    state.withLock { $0.isDisturbed = true }
  }

  /// Records that there is too little time to compare two plans.
  ///
  /// - Parameter nanoseconds: The time that the comparison needs; `nil` if even a single run did
  ///   not finish.
  func noteShortage(_ nanoseconds: UInt64?) {
    let text = nanoseconds.map { nanoseconds in
      let tenths = (Double(nanoseconds) / 1e8).rounded(.up)
      return "comparing two implementations of its layers takes about \(Duration.milliseconds(100 * tenths))"
    }
    state.withLock { $0.shortage = text ?? "a single run takes longer" }
  }

  /// Warnings about results that cannot be stored, and about choices that could not be measured.
  var warnings: [ModelWarning] {
    let (failure, isDisturbed, shortage) = state.withLock { ($0.failure, $0.isDisturbed, $0.shortage) }
    var warnings: [ModelWarning] = []
    if let failure {
      warnings.append(ModelWarning(.tuningNotKept, "tuning results cannot be stored: \(failure)"))
    }
    if isDisturbed {
      warnings.append(
        ModelWarning(
          .tuningDisturbed,
          "other processes use the processors too much for tuning to compare all implementations of the layers: some stay "
            + "untuned, and the next session measures them again"))
    }
    if let shortage {
      warnings.append(
        ModelWarning(
          .tuningTooShort,
          "the time limit for tuning is too short for this model: \(shortage); raise the time limit for tuning"
        ))
    }
    return warnings
  }

  /// The file of this machine's results; `nil` if results are not stored.
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
