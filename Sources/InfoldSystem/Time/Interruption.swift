/// A condition that ends long-running work. The caller binds a closure to the task. Loops call it
/// before every iteration, and passes and evaluations call it before every node.
package final class Interruption: Sendable {
  /// The condition of the current task.
  @TaskLocal private static var current: Interruption?

  private let question: @Sendable () -> InfoldError?
  private let remaining: @Sendable () -> Duration?

  private init(
    _ question: @escaping @Sendable () -> InfoldError?, _ remaining: @escaping @Sendable () -> Duration?
  ) {
    self.question = question
    self.remaining = remaining
  }

  /// Runs `body`, which ends with an error as soon as `question` or the condition of an enclosing
  /// call returns one.
  /// - Parameter remaining: Returns the time until `question` will return an error, or `nil` if
  ///   that is not known.
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

  /// The time until the current task's work ends with an error, or `nil` without a limit.
  package static var timeLeft: Duration? { current?.remaining() }

  /// Checks the conditions of the current task.
  /// - Throws: The error that they return.
  package static func check() throws(InfoldError) {
    if let error = current?.question() { throw error }
  }
}
