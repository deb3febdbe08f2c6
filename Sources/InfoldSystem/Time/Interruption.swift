/// What may end work that goes on for long: whoever has it done binds a question, which loops ask before every trip, and passes and
/// evaluations before every node.
package final class Interruption: Sendable {
  /// The question of the current task.
  @TaskLocal private static var current: Interruption?

  private let question: @Sendable () -> InfoldError?

  private init(_ question: @escaping @Sendable () -> InfoldError?) {
    self.question = question
  }

  /// Runs `body`, which ends with an error as soon as `question` gives one, or a question that is asked around it already.
  package static func asking<Output>(
    _ question: @escaping @Sendable () -> InfoldError?, _ body: () throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    let outer = current
    return try $current.binding(Interruption { question() ?? outer?.question() }, body)
  }

  /// - Throws: What the questions of the current task give.
  package static func check() throws(InfoldError) {
    if let error = current?.question() { throw error }
  }
}
