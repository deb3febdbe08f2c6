import Glibc

/// A line on standard error that shows how far a long work has come. It appears on a terminal only, once the work has
/// taken a second.
struct ProgressBar {
  private let title: String
  private let isShown = isatty(STDERR_FILENO) == 1
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  private var shown: String?

  /// A bar for a work that is called `title`, and begins now. Nothing is shown yet.
  init(_ title: String) {
    self.title = title
    begin = clock.now
  }

  /// Shows that `done` of `total` parts are done, and about how long the others will take.
  mutating func update(_ done: Int, of total: Int) {
    guard isShown, total > 0 else { return }
    let elapsed = begin.duration(to: clock.now)
    guard elapsed >= .seconds(1) else { return }
    let share = Double(done) / Double(total)
    let left = done > 0 && done < total ? ", \(Self.text(elapsed * (1 / share - 1))) left" : ""
    let line = "\(title) \(Bar.text(share, width: 24)) \(done) of \(total)\(left)"
    guard line != shown else { return }
    StandardError.write("\r\u{1B}[K" + line)
    shown = line
  }

  /// Takes the bar away.
  mutating func finish() {
    guard shown != nil else { return }
    StandardError.write("\r\u{1B}[K")
    shown = nil
  }

  /// A duration in whole seconds, like `42 s`, `3:05 min` or `2:07 h`.
  private static func text(_ duration: Duration) -> String {
    let seconds = Int(duration.components.seconds) + 1
    func pair(_ large: Int, _ small: Int) -> String { "\(large):" + (small < 10 ? "0" : "") + "\(small)" }
    if seconds < 60 { return "\(seconds) s" }
    return seconds < 3600 ? pair(seconds / 60, seconds % 60) + " min" : pair(seconds / 3600, seconds / 60 % 60) + " h"
  }
}
