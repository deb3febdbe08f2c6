import Dispatch
import InfoldSystem
import Synchronization

/// The answer to a line: a JSON object and a line feed.
struct LineAnswer: Sendable {
  let bytes: [UInt8]
  let isError: Bool
}

/// Answers the lines of standard input on standard output. Several lines are processed at a time.
/// Answers are written in the order of the lines, each as soon as the previous ones are written.
///
/// At most `4 · atOnce` lines are read ahead of the last answer, which bounds the memory if the
/// input is long, a line takes long, or the reader of the output is slow.
final class LineJob: Sendable {
  private struct Output {
    /// Answers that wait for the answers of previous lines.
    var waiting: [Int: LineAnswer] = [:]
    /// The line to be answered next.
    var next = 1
    var errors = 0
    var failure: InfoldError?
    /// Shows the progress, unless the answers go to a terminal.
    var progress = StandardStream.output.isTerminal ? nil : ProgressBar("answered")
  }

  private let atOnce: Int
  private let answer: @Sendable (InputLine) -> LineAnswer
  private let reader: Mutex<LineReader>
  private let output = Mutex(Output())
  /// The number of further lines that may be read.
  private let room = DispatchSemaphore(value: 0)
  /// Signaled when a thread ends, and at the first failure.
  private let ends = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - atOnce: The number of lines processed at a time, at least 1.
  ///   - limit: The maximum length of a line in bytes.
  ///   - answer: Answers a line, on any thread.
  init(atOnce: Int, limit: Int, _ answer: @escaping @Sendable (InputLine) -> LineAnswer) {
    self.atOnce = atOnce
    self.answer = answer
    reader = Mutex(LineReader(limit: limit))
    // Dispatch traps if a semaphore is destroyed with a value below its initial one, so it begins
    // at 0.
    for _ in 0..<4 * atOnce { room.signal() }
  }

  /// Answers all lines. Can be called once.
  /// - Returns: The number of answers, and the number of those that are errors.
  /// - Throws: `InfoldError` if the input cannot be read or the output cannot be written.
  func run() throws(InfoldError) -> (answers: Int, errors: Int) {
    let threads = (0..<atOnce).filter { _ in BackgroundThread.start(named: "infold-line") { self.work() } }.count
    if threads == 0 { work() }
    for _ in 0..<max(1, threads) {
      ends.wait()
      // Other threads may wait for input for a long time.
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

  /// Waits until a line may be read and returns it. `nil` at the end of the input, or if another
  /// thread has failed.
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

  /// Writes the answer to a line, and answers that have waited for it.
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
