import Glibc

/// What standard output or standard error goes to.
struct Terminal: Sendable {
  /// Characters in a line.
  let width: Int
  /// Characters that a table may take in a line; `nil` where lines have no end, in files and pipes.
  let tableWidth: Int?
  /// Whether colors may be used.
  let hasColor: Bool

  /// Standard output: a terminal with its width, or a file or pipe, which get 80 columns and no colors. The variable
  /// NO_COLOR (no-color.org) turns colors off, CLICOLOR_FORCE turns them on for files and pipes too, COLUMNS gives another width.
  static let output = Terminal(descriptor: STDOUT_FILENO)
  /// Standard error.
  static let error = Terminal(descriptor: STDERR_FILENO)

  /// Whether it is one, and no file or pipe.
  let isTerminal: Bool

  private init(descriptor: Int32) {
    isTerminal = isatty(descriptor) == 1
    let isForced = !["", "0"].contains(Self.variable("CLICOLOR_FORCE"))
    hasColor = Self.variable("NO_COLOR").isEmpty && (isForced || isTerminal && Self.variable("TERM") != "dumb")
    var size = winsize()
    let columns =
      Int(Self.variable("COLUMNS"))
      ?? (isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil)
    width = min(max(columns ?? 80, 40), 200)
    tableWidth = columns.map { max($0, 40) } ?? (isTerminal ? 80 : nil)
  }

  private static func variable(_ name: String) -> String {
    getenv(name).map { String(cString: $0) } ?? ""
  }
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
}
