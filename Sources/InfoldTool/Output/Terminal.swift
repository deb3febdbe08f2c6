import InfoldSystem

/// The destination of standard output or standard error.
package struct Terminal: Sendable {
  /// The number of characters in a line.
  let width: Int
  /// The maximum width of a table, or `nil` in files and pipes, where lines are unlimited.
  let tableWidth: Int?
  /// Whether colors are used.
  let hasColor: Bool

  /// Standard output. Files and pipes count as 80 columns without colors. The environment variable
  /// NO_COLOR (no-color.org) disables colors, CLICOLOR_FORCE enables them in files and pipes too,
  /// and COLUMNS sets the width.
  static let output = Terminal(.output)
  /// Standard error.
  static let error = Terminal(.error)

  /// Whether the stream is a terminal rather than a file or pipe.
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

/// A text style on terminals with colors.
enum TextStyle: String {
  case bold = "1"
  case faint = "2"
  case red = "31"
  case green = "32"
  case yellow = "33"
}

extension String {
  /// The text in this style if `terminal` has colors.
  func styled(_ style: TextStyle, on terminal: Terminal = .output) -> String {
    terminal.hasColor ? "\u{1B}[\(style.rawValue)m\(self)\u{1B}[0m" : self
  }

  /// The text as a paragraph that fits the terminal, with a hanging indent of two spaces and a
  /// final line feed.
  func paragraph(on terminal: Terminal = .output) -> String {
    guard let width = terminal.tableWidth, displayWidth > width else { return self + "\n" }
    let indentation = String(prefix { $0 == " " })
    let lines = String(dropFirst(indentation.count)).wrapped(to: max(width - indentation.count - 2, 20))
    return indentation + lines.joined(separator: "\n" + indentation + "  ") + "\n"
  }
}
