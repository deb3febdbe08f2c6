/// What may end an evaluation that goes on for long: whoever runs it binds a question that loops ask before every trip.
package final class Interruption: Sendable {
  /// The question of the current task.
  @TaskLocal package static var current: Interruption?

  private let isCancelled: @Sendable () -> Bool

  /// - Parameter isCancelled: Whether nobody wants the results any more.
  package init(_ isCancelled: @escaping @Sendable () -> Bool) {
    self.isCancelled = isCancelled
  }

  /// - Throws: `InfoldError` with `.cancelled`.
  static func check() throws(InfoldError) {
    if let current, current.isCancelled() { throw InfoldError(.cancelled, "the run was cancelled") }
  }
}
