/// What may end an evaluation that goes on for long: whoever runs it binds a question that loops ask before every trip.
package enum Interruption {
  /// Whether nobody wants the results any more.
  @TaskLocal package static var isCancelled: (@Sendable () -> Bool)?

  /// - Throws: `InfoldError` with `.cancelled`.
  static func check() throws(InfoldError) {
    if let isCancelled, isCancelled() { throw InfoldError(.cancelled, "the run was cancelled") }
  }
}
