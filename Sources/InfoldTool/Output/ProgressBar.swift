import InfoldSystem

/// A progress bar on standard error. It appears only on a terminal, and after one second.
struct ProgressBar {
  private let title: String
  private let isShown = Terminal.error.isTerminal
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  private var shown: String?
  /// The time of the last update, since the beginning.
  private var last = Duration.zero

  /// Creates a bar for work that begins now. Nothing is shown yet.
  init(_ title: String) {
    self.title = title
    begin = clock.now
  }

  /// Shows that `done` of `total` parts are done, and the estimated remaining time.
  mutating func update(_ done: Int, of total: Int) {
    guard total > 0 else { return }
    update(Double(done) / Double(total), "\(done) of \(total)")
  }

  /// Shows the fraction done, 0 to 1, and the estimated remaining time.
  mutating func update(fraction: Double) {
    update(fraction, "\(Int(fraction * 100)) %")
  }

  /// Shows the number of parts done, and their rate, for work of unknown length.
  mutating func update(_ done: Int, _ parts: String) {
    guard let elapsed = elapsedWhereDue() else { return }
    let rate = Double(done) / (elapsed / .seconds(1))
    show("\(title): \(NumberText.grouped(done)) \(parts), \(NumberText.significant(rate)) a second")
  }

  /// The elapsed time if an update is due, otherwise `nil`.
  private mutating func elapsedWhereDue() -> Duration? {
    guard isShown else { return nil }
    let elapsed = begin.duration(to: clock.now)
    guard elapsed >= .seconds(1), elapsed - last >= .milliseconds(50) else { return nil }
    last = elapsed
    return elapsed
  }

  private mutating func update(_ share: Double, _ text: String) {
    guard let elapsed = elapsedWhereDue() else { return }
    let left = share > 0 && share < 1 ? ", \(Self.text(elapsed * (1 / share - 1))) left" : ""
    // A line wider than the terminal could not be erased.
    let room = Terminal.error.width - title.count - text.count - 20
    show("\(title) \(Bar.text(share, width: max(4, min(24, room)))) \(text)\(left)")
  }

  private mutating func show(_ line: String) {
    guard line != shown else { return }
    StandardError.write("\r\u{1B}[K" + line)
    shown = line
  }

  /// Erases the bar.
  mutating func finish() {
    guard shown != nil else { return }
    StandardError.write("\r\u{1B}[K")
    shown = nil
  }

  /// A duration in whole seconds, such as `42 s`, `3:05 min` or `2:07 h`.
  private static func text(_ duration: Duration) -> String {
    let seconds = Int(duration.components.seconds) + 1
    func pair(_ large: Int, _ small: Int) -> String { "\(large):" + (small < 10 ? "0" : "") + "\(small)" }
    if seconds < 60 { return "\(seconds) s" }
    return seconds < 3600 ? pair(seconds / 60, seconds % 60) + " min" : pair(seconds / 3600, seconds / 60 % 60) + " h"
  }
}
