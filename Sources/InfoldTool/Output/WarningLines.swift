import InfoldGraph
import InfoldSystem
import Synchronization

/// What commands say on standard error of what a model says and cannot mean: a line for each of the first few warnings, and one with the
/// number of the others. None is said twice.
enum WarningLines {
  private struct Warning: Hashable {
    let file: String
    let warning: ModelWarning
  }

  private static let told = Mutex<Set<Warning>>([])
  /// The lines before others are counted only.
  private static let limit = 3

  static func write(_ warnings: [ModelWarning], of file: String) {
    let new = told.withLock { told in
      warnings.filter { told.insert(Warning(file: file, warning: $0)).inserted }
    }
    // One more takes no more room than to say that there is one more.
    let shown = new.count <= limit + 1 ? new[...] : new.prefix(limit)
    for warning in shown { StandardError.write("\(place(file)): \(warning)\n") }
    guard shown.count < new.count else { return }
    StandardError.write(
      "\(place(file)): \(NumberText.grouped(new.count - shown.count)) more; 'infold inspect' lists them\n")
  }

  private static func place(_ file: String) -> String { "infold: warning: \(String(printable: file))" }
}
