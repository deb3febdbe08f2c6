import InfoldSystem

/// What standard output or standard error goes to.
package struct Terminal: Sendable {
  /// Characters in a line.
  let width: Int
  /// Characters that a table may take in a line; `nil` where lines have no end, in files and pipes.
  let tableWidth: Int?
  /// Whether colors may be used.
  let hasColor: Bool

  /// Standard output: a terminal with its width, or a file or pipe, which get 80 columns and no colors. The variable
  /// NO_COLOR (no-color.org) turns colors off, CLICOLOR_FORCE turns them on for files and pipes too, COLUMNS gives another width.
  static let output = Terminal(.output)
  /// Standard error.
  static let error = Terminal(.error)

  /// Whether it is one, and no file or pipe.
  let isTerminal: Bool

  private init(_ stream: StandardStream) {
    isTerminal = stream.isTerminal
    let isForced = !["", "0"].contains(Self.variable("CLICOLOR_FORCE"))
    hasColor = Self.variable("NO_COLOR").isEmpty && (isForced || isTerminal && Self.variable("TERM") != "dumb")
    let columns = Int(Self.variable("COLUMNS")) ?? stream.columns
    width = min(max(columns ?? 80, 40), 200)
    tableWidth = columns.map { max($0, 40) } ?? (isTerminal ? 80 : nil)
  }

  private static func variable(_ name: String) -> String { Environment.variable(name) ?? "" }
}

/// How text stands out on a terminal with colors.
enum TextStyle: String {
  case bold = "1"
  case faint = "2"
  case red = "31"
  case green = "32"
  case yellow = "33"
}

extension String {
  /// The text in this style, where `terminal` has colors.
  func styled(_ style: TextStyle, on terminal: Terminal = .output) -> String {
    terminal.hasColor ? "\u{1B}[\(style.rawValue)m\(self)\u{1B}[0m" : self
  }

  /// A paragraph as wide as the terminal allows, its other lines indented by two more spaces than the first; with a line end.
  func paragraph(on terminal: Terminal = .output) -> String {
    guard let width = terminal.tableWidth, displayWidth > width else { return self + "\n" }
    let indentation = String(prefix { $0 == " " })
    let lines = String(dropFirst(indentation.count)).wrapped(to: max(width - indentation.count - 2, 20))
    return indentation + lines.joined(separator: "\n" + indentation + "  ") + "\n"
  }
}
