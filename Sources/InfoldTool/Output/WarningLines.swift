import InfoldGraph
import InfoldSystem
import Synchronization

/// Prints warnings about a model on standard error: one line for each of the first warnings, and
/// one with the number of the others. Repeated warnings are printed once.
enum WarningLines {
  private struct Warning: Hashable {
    let file: String
    let warning: ModelWarning
  }

  private static let reported = Mutex<Set<Warning>>([])
  /// The number of warnings printed; further ones are only counted.
  private static let limit = 3

  static func write(_ warnings: [ModelWarning], of file: String) {
    let new = reported.withLock { reported in
      warnings.filter { reported.insert(Warning(file: file, warning: $0)).inserted }
    }
    // One more warning takes no more space than its count.
    let shown = new.count <= limit + 1 ? new[...] : new.prefix(limit)
    for warning in shown { StandardError.write("\(place(file)): \(warning)\n") }
    guard shown.count < new.count else { return }
    StandardError.write(
      "\(place(file)): \(NumberText.grouped(new.count - shown.count)) more; 'infold inspect' lists them\n")
  }

  private static func place(_ file: String) -> String { "infold: warning: \(String(printable: file))" }
}
