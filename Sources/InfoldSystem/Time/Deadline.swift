/// The moment at which work has taken the time that it may take.
package struct Deadline: Sendable {
  private let end: SuspendingClock.Instant
  private let limit: Duration

  /// The end of `limit` from now on; more than 100 years are 100 years.
  package init(after limit: Duration) {
    self.limit = limit
    end = .now.advanced(by: min(limit, .seconds(100 * 366 * 86_400)))
  }

  /// `nil` until it has passed.
  package var error: InfoldError? {
    guard SuspendingClock.now >= end else { return nil }
    return InfoldError(
      .limitExceeded, "this takes longer than the time limit of \(limit)", hint: "raise the time limit")
  }

  /// Runs `body`, which ends with an error as soon as the time is over.
  package func limiting<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try Interruption.asking({ error }, remaining: { SuspendingClock.now.duration(to: end) }, body)
  }
}
