import Dispatch
import InfoldSystem
import Synchronization

/// The answer to a line: a JSON object and a line's end.
struct LineAnswer: Sendable {
  let bytes: [UInt8]
  let isError: Bool
}

/// Answers the lines of standard input on standard output: several at once, in their order, each as soon as those before it are answered.
///
/// No more than `4 · atOnce` lines are read that are not answered yet, so that memory does not grow with the input, nor where one line
/// takes long, or the reader of the output does.
final class LineJob: Sendable {
  private struct Output {
    /// Answers that wait for those of lines before them.
    var waiting: [Int: LineAnswer] = [:]
    /// The line whose answer is next.
    var next = 1
    var errors = 0
    var failure: InfoldError?
    /// What shows how far the job is, where the answers do not go to a terminal themselves.
    var progress = StandardStream.output.isTerminal ? nil : ProgressBar("answered")
  }

  private let atOnce: Int
  private let answer: @Sendable (InputLine) -> LineAnswer
  private let reader: Mutex<LineReader>
  private let output = Mutex(Output())
  /// How many more lines may be read.
  private let room = DispatchSemaphore(value: 0)
  /// Signalled by each thread that ends, and at the first failure.
  private let ends = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - atOnce: How many lines are worked on at a time, at least 1.
  ///   - limit: The most bytes of a line.
  ///   - answer: Makes the answer to a line, on any thread.
  init(atOnce: Int, limit: Int, _ answer: @escaping @Sendable (InputLine) -> LineAnswer) {
    self.atOnce = atOnce
    self.answer = answer
    reader = Mutex(LineReader(limit: limit))
    // One that ends below the value that it began with is an error to Dispatch.
    for _ in 0..<4 * atOnce { room.signal() }
  }

  /// Answers all lines, once.
  /// - Returns: The number of answers, and how many of them are errors.
  /// - Throws: `InfoldError` when the input cannot be read or the output not written.
  func run() throws(InfoldError) -> (answers: Int, errors: Int) {
    let threads = (0..<atOnce).filter { _ in BackgroundThread.start(named: "infold-line") { self.work() } }.count
    if threads == 0 { work() }
    for _ in 0..<max(1, threads) {
      ends.wait()
      // A thread that waits for input may wait for long.
      if output.withLock({ $0.failure != nil }) { break }
    }
    return try output.withLock { (output) throws(InfoldError) in
      output.progress?.finish()
      if let failure = output.failure { throw failure }
      return (output.next - 1, output.errors)
    }
  }

  private func work() {
    do throws(InfoldError) {
      while let line = try nextLine() { try write(answer(line), of: line.number) }
    } catch {
      output.withLock { $0.failure = $0.failure ?? error }
    }
    ends.signal()
  }

  /// The next line, once there is room for it; `nil` behind the last, and where another thread has failed.
  private func nextLine() throws(InfoldError) -> InputLine? {
    room.wait()
    var line: InputLine?
    do throws(InfoldError) {
      if output.withLock({ $0.failure == nil }) {
        line = try reader.withLock { (reader) throws(InfoldError) in try reader.next() }
      }
    } catch {
      room.signal()
      throw error
    }
    if line == nil { room.signal() }
    return line
  }

  /// Writes the answer to a line, and those that have waited for it.
  private func write(_ answer: LineAnswer, of number: Int) throws(InfoldError) {
    try output.withLock { (output) throws(InfoldError) in
      output.waiting[number] = answer
      while let answer = output.waiting.removeValue(forKey: output.next) {
        try StandardOutput.write(answer.bytes)
        output.next += 1
        if answer.isError { output.errors += 1 }
        output.progress?.update(output.next - 1, "lines")
        room.signal()
      }
    }
  }
}
