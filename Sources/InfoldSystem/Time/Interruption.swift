/// What may end work that goes on for long: whoever has it done binds a question, which loops ask before every trip, and passes and
/// evaluations before every node.
package final class Interruption: Sendable {
  /// The question of the current task.
  @TaskLocal private static var current: Interruption?

  private let question: @Sendable () -> InfoldError?
  private let remaining: @Sendable () -> Duration?

  private init(
    _ question: @escaping @Sendable () -> InfoldError?, _ remaining: @escaping @Sendable () -> Duration?
  ) {
    self.question = question
    self.remaining = remaining
  }

  /// Runs `body`, which ends with an error as soon as `question` gives one, or a question that is asked around it already.
  /// - Parameter remaining: The time until `question` will give one; `nil` where that is not known.
  package static func asking<Output>(
    _ question: @escaping @Sendable () -> InfoldError?,
    remaining: @escaping @Sendable () -> Duration? = { nil }, _ body: () throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    let outer = current
    let interruption = Interruption({ question() ?? outer?.question() }) {
      [remaining(), outer?.remaining()].compactMap(\.self).min()
    }
    return try $current.binding(interruption, body)
  }

  /// The time until the work of the current task ends with an error; `nil` without a limit.
  package static var timeLeft: Duration? { current?.remaining() }

  /// - Throws: What the questions of the current task give.
  package static func check() throws(InfoldError) {
    if let error = current?.question() { throw error }
  }
}
