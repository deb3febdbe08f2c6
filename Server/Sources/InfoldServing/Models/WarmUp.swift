import Dispatch
import Infold
import Synchronization

/// Runs a model on zeros before the first request, and prepares plans for all batch sizes, so that
/// no request has to wait for them.
struct WarmUp {
  private let wide: Session
  private let narrow: Session
  private let settings: ModelSettings
  /// The inputs that are passed.
  private let inputs: [ValueInfo]
  /// Whether the first dimension of every input is dynamic, and therefore assumed to be the batch.
  private let hasOpenBatch: Bool

  /// - Parameters:
  ///   - wide: The session that uses all threads.
  ///   - narrow: The session that uses one thread; it may be the same.
  /// - Throws: `InfoldError` with `.invalidArgument` if the settings name an unknown input.
  init(_ wide: Session, _ narrow: Session, _ settings: ModelSettings) throws(InfoldError) {
    (self.wide, self.narrow, self.settings) = (wide, narrow, settings)
    for name in settings.warmUp.keys where !wide.inputs.contains(where: { $0.name == name }) {
      throw InfoldError(.invalidArgument, "warmUp names '\(name.printable)', which is not a graph input")
    }
    inputs = wide.inputs.filter { !$0.hasDefault || settings.warmUp[$0.name] != nil }
    hasOpenBatch =
      !inputs.isEmpty
      && inputs.allSatisfy { input in
        if let shape = input.type?.shape, let first = shape.first { first.size == nil } else { false }
      }
  }

  /// Runs the model if its shapes are known, and prepares it for batches.
  /// - Parameter skipped: Called with the reason if the model does not run with shapes that were
  ///   only assumed.
  /// - Returns: Whether requests may be batched.
  /// - Throws: `InfoldError` if the model does not run with its own shapes or those of the
  ///   settings; with `.limitExceeded` if it exceeds its memory or time limit.
  func run(skipped: (InfoldError) -> Void) throws(InfoldError) -> Bool {
    guard let first = shapes(batch: nil) else { return false }
    do throws(InfoldError) {
      try withBothSessions { session throws(InfoldError) in try session.warmUp(shapes: first) }
    } catch {
      guard hasOpenBatch, settings.warmUp.isEmpty, error.code != .limitExceeded else { throw error }
      skipped(error)
      return false
    }
    do throws(InfoldError) {
      return try prepareBatches()
    } catch {
      // The batch dimension was only assumed.
      guard error.code != .limitExceeded else { throw error }
      return false
    }
  }

  /// Prepares the plans for all batch sizes.
  /// - Returns: Whether requests may be batched.
  private func prepareBatches() throws(InfoldError) -> Bool {
    guard hasOpenBatch, settings.largestBatch > 1, let largest = shapes(batch: settings.largestBatch),
      try wide.computesImagesSeparately(shapes: largest)
    else { return false }
    guard narrow !== wide else { return true }
    for batch in 1...settings.largestBatch { try narrow.prepare(shapes: shapes(batch: batch)!) }
    return true
  }

  /// Calls `body` with both sessions concurrently, or with the only one, so that loading a model
  /// takes half as long.
  /// - Throws: The error of `wide`, or else that of `narrow`.
  private func withBothSessions(_ body: @Sendable (Session) throws(InfoldError) -> Void) throws(InfoldError) {
    guard narrow !== wide else { return try body(wide) }
    let sessions = [wide, narrow]
    let errors = Mutex([InfoldError?](repeating: nil, count: sessions.count))
    DispatchQueue.concurrentPerform(iterations: sessions.count) { index in
      do throws(InfoldError) {
        try body(sessions[index])
      } catch {
        errors.withLock { $0[index] = error }
      }
    }
    if let error = errors.withLock({ $0.lazy.compactMap(\.self).first }) { throw error }
  }

  /// The shapes of the inputs, or `nil` if sizes are unknown.
  /// - Parameter batch: The batch size, or `nil` for that of the settings, or else 1.
  private func shapes(batch: Int?) -> [String: [Int]]? {
    var shapes: [String: [Int]] = [:]
    for input in inputs {
      guard let shape = input.type?.shape else { return nil }
      let given = settings.warmUp[input.name].flatMap { $0.count == shape.rank ? $0 : nil }
      var sizes: [Int] = []
      for (axis, dimension) in shape.dimensions.enumerated() {
        let batch = axis == 0 && hasOpenBatch ? batch ?? given?[0] ?? 1 : nil
        guard let size = batch ?? dimension.size ?? given?[axis] else { return nil }
        sizes.append(size)
      }
      shapes[input.name] = sizes
    }
    return shapes
  }
}
