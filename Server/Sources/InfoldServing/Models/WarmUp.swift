import Dispatch
import Infold
import Synchronization

/// Runs a model on zeros before it is asked, and makes the plans of all batches that may come, so that no request pays for them.
struct WarmUp {
  private let wide: Session
  private let narrow: Session
  private let settings: ModelSettings
  /// The inputs that are given.
  private let inputs: [ValueInfo]
  /// Whether the first size of every input is the request's to choose: that of the batch, it is supposed.
  private let hasOpenBatch: Bool

  /// - Parameters:
  ///   - wide: Runs with all threads.
  ///   - narrow: Runs on one thread; it may be the same.
  /// - Throws: `InfoldError` with `.invalidArgument` for settings that name no input of the model.
  init(_ wide: Session, _ narrow: Session, _ settings: ModelSettings) throws(InfoldError) {
    (self.wide, self.narrow, self.settings) = (wide, narrow, settings)
    for name in settings.warmUp.keys where !wide.inputs.contains(where: { $0.name == name }) {
      throw InfoldError(.invalidArgument, "warmUp names '\(name.printable)', which is no input of the model")
    }
    inputs = wide.inputs.filter { !$0.hasDefault || settings.warmUp[$0.name] != nil }
    hasOpenBatch =
      !inputs.isEmpty
      && inputs.allSatisfy { input in
        if let shape = input.type?.shape, let first = shape.first { first.size == nil } else { false }
      }
  }

  /// Runs the model, where its shapes are known, and prepares it for batches.
  /// - Parameter skipped: Told why not, where only guessed shapes do not suit the model.
  /// - Returns: Whether requests may be put together.
  /// - Throws: `InfoldError` where it does not run with the shapes that it has, or that the settings say; with `.limitExceeded` where it
  ///   takes more memory or time than it may.
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
      // That there are batches is only supposed.
      guard error.code != .limitExceeded else { throw error }
      return false
    }
  }

  /// Makes the plans of all batches.
  /// - Returns: Whether requests may be put together.
  private func prepareBatches() throws(InfoldError) -> Bool {
    guard hasOpenBatch, settings.largestBatch > 1, let largest = shapes(batch: settings.largestBatch),
      try wide.computesImagesApart(shapes: largest)
    else { return false }
    guard narrow !== wide else { return true }
    for batch in 1...settings.largestBatch { try narrow.prepare(shapes: shapes(batch: batch)!) }
    return true
  }

  /// Does something with both sessions at once, or with the one that there is: whoever waits for the model waits half as long.
  /// - Throws: The first error of `wide`, or else that of `narrow`.
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

  /// The shapes of the inputs; `nil` where sizes are not known.
  /// - Parameter batch: The size of the batch; `nil` for what the settings say, or else 1.
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
