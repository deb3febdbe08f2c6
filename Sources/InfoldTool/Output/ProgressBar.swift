import Glibc

/// A line on standard error that shows how far a long work has come. It appears on a terminal only.
struct ProgressBar {
  private let title: String
  private let isShown = isatty(STDERR_FILENO) == 1
  private var shown: String?

  /// A bar for a work that is called `title`. Nothing is shown yet.
  init(_ title: String) {
    self.title = title
  }

  /// Shows that `done` of `total` parts are done.
  mutating func update(_ done: Int, of total: Int) {
    guard isShown, total > 0 else { return }
    let share = Double(done) / Double(total)
    let line = "\(title) \(Bar.text(share, width: 24)) \(done) of \(total)"
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
}
