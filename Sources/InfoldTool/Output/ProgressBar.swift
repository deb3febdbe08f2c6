import InfoldSystem

/// A line on standard error that shows how far a long work has come. It appears on a terminal only, once the work has
/// taken a second.
struct ProgressBar {
  private let title: String
  private let isShown = Terminal.error.isTerminal
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  private var shown: String?
  /// When something was shown last, since the beginning.
  private var last = Duration.zero

  /// A bar for a work that is called `title`, and begins now. Nothing is shown yet.
  init(_ title: String) {
    self.title = title
    begin = clock.now
  }

  /// Shows that `done` of `total` parts are done, and about how long the others will take.
  mutating func update(_ done: Int, of total: Int) {
    guard total > 0 else { return }
    update(Double(done) / Double(total), "\(done) of \(total)")
  }

  /// Shows how much is done, 0 to 1, and about how long the rest will take.
  mutating func update(fraction: Double) {
    update(fraction, "\(Int(fraction * 100)) %")
  }

  /// Shows that so many parts are done of a work whose end nobody knows, and how many of them a second.
  mutating func update(_ done: Int, _ parts: String) {
    guard let elapsed = elapsedWhereDue() else { return }
    let rate = Double(done) / (elapsed / .seconds(1))
    show("\(title): \(NumberText.grouped(done)) \(parts), \(NumberText.significant(rate)) a second")
  }

  /// The time since the beginning, where it is time to show something.
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
    // A line that is longer than the terminal is wide could not be taken away.
    let room = Terminal.error.width - title.count - text.count - 20
    show("\(title) \(Bar.text(share, width: max(4, min(24, room)))) \(text)\(left)")
  }

  private mutating func show(_ line: String) {
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
