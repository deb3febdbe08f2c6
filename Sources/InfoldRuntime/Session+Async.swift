import InfoldGraph
import InfoldSystem
import InfoldTensor
import Synchronization

extension Session {
  /// Runs the model asynchronously. The calling task is suspended without blocking a thread.
  /// Infold's own threads, at most one per core, do the work in the order in which runs are
  /// requested.
  ///
  /// - Parameter inputs: As for the synchronous `run(_:)`.
  /// - Returns: Every output by name.
  /// - Throws: The errors of the synchronous `run(_:)`. If the task is cancelled, throws
  ///   `InfoldError.Code.cancelled`: a run in progress ends before its next layer, and a queued run
  ///   never begins. `throwingCancellationErrors(_:)` converts this error to Swift's
  ///   `CancellationError`. A time limit counts from the moment the run begins.
  public func run(_ inputs: [String: Tensor]) async throws(InfoldError) -> [String: Tensor] {
    try await awaiting { (flag) throws(InfoldError) in try self.results(inputs, .flag(flag)) }
  }

  /// Runs a model with one required input and one output asynchronously, as `run(_:)` does. Further
  /// inputs must have default values.
  ///
  /// - Returns: The output.
  /// - Throws: The errors of `run(_:)`; `InfoldError.Code.invalidArgument` if the model has more
  ///   required inputs or more outputs.
  public func run(_ input: Tensor) async throws(InfoldError) -> Tensor {
    try await awaiting { (flag) throws(InfoldError) in try self.result(input, .flag(flag)) }
  }

  /// Executes a run on one of Infold's threads and reports its outcome to the observer.
  private func awaiting<Output: Sendable>(
    _ run: @escaping @Sendable (CancellationFlag) throws(InfoldError) -> Output
  ) async throws(InfoldError) -> Output {
    let begin = MonotonicClock.nanoseconds()
    let result = await RunThreads.shared.result { (flag) throws(InfoldError) in
      try self.observing { () throws(InfoldError) in try run(flag) }
    }
    if let result { return try result.get() }
    // The run never began, so its end has not been reported yet.
    return try observing(since: begin) { () throws(InfoldError) in throw .cancelledRun }
  }

  /// Prepares `model` to run, on one of Infold's threads. The calling task is suspended without
  /// blocking a thread.
  ///
  /// - Parameters:
  ///   - model: The model. Pass its only copy if possible: its weights are then folded in place.
  ///   - options: How the session runs the model.
  ///   - observer: Receives reports about plans, runs and layers.
  /// - Throws: The errors of `init(_:options:observer:)`; `InfoldError.Code.cancelled` if the task
  ///   is cancelled.
  public static func load(
    _ model: consuming Model, options: SessionOptions = SessionOptions(), observer: (any SessionObserver)? = nil
  ) async throws(InfoldError) -> Session {
    let transferred = TransferredModel(model)
    return try await loading { () throws(InfoldError) in
      try Session(transferred.take(), options: options, observer: observer)
    }
  }
}

/// Loads something on one of Infold's threads. The calling task is suspended without blocking a
/// thread.
///
/// - Throws: The error of `load`; `InfoldError.Code.cancelled` if the task is cancelled.
package func loading<Output: Sendable>(
  _ load: @escaping @Sendable () throws(InfoldError) -> Output
) async throws(InfoldError) -> Output {
  let result = await RunThreads.shared.result { (flag) throws(InfoldError) in
    try Cancellation(.flag(flag), timeLimit: nil).interrupting(load)
  }
  guard let result else { throw .cancelledRun }
  return try result.get()
}

extension Session {
  /// Makes the plan for inputs of these shapes and runs it once, so that later runs begin without
  /// delay.
  ///
  /// - Parameter inputs: As for `run(_:)`.
  /// - Throws: The errors of `run(_:)`.
  public func warmUp(_ inputs: [String: Tensor]) throws(InfoldError) {
    _ = try run(inputs)
  }

  /// Makes the plan for inputs of these shapes and runs it once on zeros.
  ///
  /// - Parameter shapes: The shape of each input by name. Inputs with a fixed shape or a default
  ///   value may be omitted.
  /// - Throws: The errors of `run(_:)`; `InfoldError.Code.invalidArgument` if a shape is missing or
  ///   a name is not a graph input.
  public func warmUp(shapes: [String: [Int]] = [:]) throws(InfoldError) {
    try warmUp(placeholders(shapes))
  }
}

/// A model that is handed to another thread as its only copy.
private final class TransferredModel: Sendable {
  private let model: Mutex<Model?>

  init(_ model: consuming Model) {
    self.model = Mutex(model)
  }

  /// Returns the model. It may be called once.
  func take() -> Model { model.withLock { $0.take()! } }
}
