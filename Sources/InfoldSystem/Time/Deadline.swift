/// The moment when a time limit expires.
package struct Deadline: Sendable {
  private let end: SuspendingClock.Instant
  private let limit: Duration

  /// Creates a deadline that is `limit` from now, clamped to 100 years.
  package init(after limit: Duration) {
    self.limit = limit
    end = .now.advanced(by: min(limit, .seconds(100 * 366 * 86_400)))
  }

  /// The error of an expired deadline, or `nil` before.
  package var error: InfoldError? {
    guard SuspendingClock.now >= end else { return nil }
    return InfoldError(
      .limitExceeded, "the time limit of \(limit) is exceeded", hint: "raise the time limit")
  }

  /// Runs `body`, which ends with an error when the time limit expires.
  package func limiting<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try Interruption.asking({ error }, remaining: { SuspendingClock.now.duration(to: end) }, body)
  }
}
