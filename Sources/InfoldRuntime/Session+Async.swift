import InfoldGraph
import InfoldSystem
import InfoldTensor
import Synchronization

extension Session {
  /// Runs the model for a task, which waits without keeping a thread: the work is done by threads of Infold's own, as many as the
  /// machine has cores, in the order in which runs are asked for.
  /// - Parameter inputs: As for the form that does not wait.
  /// - Returns: Every output by its name.
  /// - Throws: As that form; `InfoldError` with `.cancelled` when the task is cancelled: the run ends before its next layer,
  ///   and one that has not begun does not begin. `throwingCancellationErrors(_:)` makes Swift's `CancellationError` of it.
  ///   A time limit counts from when the run begins.
  public func run(_ inputs: [String: Tensor]) async throws(InfoldError) -> [String: Tensor] {
    try await awaiting { (flag) throws(InfoldError) in try self.results(inputs, .flag(flag)) }
  }

  /// Runs a model that has one input, or others only with defaults, and one output, for a task, as `run(_:)` does.
  /// - Returns: The output.
  /// - Throws: As `run(_:)`; `InfoldError` with `.invalidArgument` for a model with more inputs or outputs.
  public func run(_ input: Tensor) async throws(InfoldError) -> Tensor {
    try await awaiting { (flag) throws(InfoldError) in try self.result(input, .flag(flag)) }
  }

  /// Has a thread of Infold's own do a run, and tells the observer of it, however it ends.
  private func awaiting<Output: Sendable>(
    _ run: @escaping @Sendable (CancellationFlag) throws(InfoldError) -> Output
  ) async throws(InfoldError) -> Output {
    let begin = MonotonicClock.nanoseconds()
    let result = await RunThreads.shared.result { (flag) throws(InfoldError) in
      try self.observing { () throws(InfoldError) in try run(flag) }
    }
    if let result { return try result.get() }
    // It never began, so that nobody else has told of it.
    return try observing(since: begin) { () throws(InfoldError) in throw .cancelledRun }
  }

  /// Prepares `model` for running on a thread of Infold's own, while the task waits without keeping one.
  /// - Parameters:
  ///   - model: The model, best handed over: then its weights are folded where they are.
  ///   - options: How it runs.
  ///   - observer: Who is told of plans, runs and layers.
  /// - Throws: As `init(_:options:observer:)`; `InfoldError` with `.cancelled` when the task is cancelled.
  public static func load(
    _ model: consuming Model, options: SessionOptions = SessionOptions(), observer: (any SessionObserver)? = nil
  ) async throws(InfoldError) -> Session {
    let handedOver = TransferredModel(model)
    return try await loading { () throws(InfoldError) in
      try Session(handedOver.take(), options: options, observer: observer)
    }
  }
}

/// Loads something on a thread of Infold's own, while the task waits without keeping one.
/// - Throws: What `load` throws; `InfoldError` with `.cancelled` when the task is cancelled.
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
  /// Makes the plan for inputs of these shapes, and runs it once, so that the first run that counts finds everything in place.
  /// - Parameter inputs: As for `run(_:)`.
  /// - Throws: As `run(_:)`.
  public func warmUp(_ inputs: [String: Tensor]) throws(InfoldError) {
    _ = try run(inputs)
  }

  /// Makes the plan for inputs of these shapes, and runs it once on zeros.
  /// - Parameter shapes: The shape of each input by its name; those whose shape the model fixes, or that have a default, may be left
  ///   out.
  /// - Throws: As `run(_:)`; `InfoldError` with `.invalidArgument` for a shape that is missing, or a name that is no input.
  public func warmUp(shapes: [String: [Int]] = [:]) throws(InfoldError) {
    try warmUp(placeholders(shapes))
  }
}

/// A model on its way to another thread, which nobody else keeps.
private final class TransferredModel: Sendable {
  private let model: Mutex<Model?>

  init(_ model: consuming Model) {
    self.model = Mutex(model)
  }

  /// The model, once.
  func take() -> Model { model.withLock { $0.take()! } }
}
