import Glibc

/// A standard stream of the process.
package enum StandardStream: Sendable {
  case input
  case output
  case error

  private var descriptor: Int32 {
    switch self {
    case .input: STDIN_FILENO
    case .output: STDOUT_FILENO
    case .error: STDERR_FILENO
    }
  }

  /// Whether the stream is a terminal.
  package var isTerminal: Bool { isatty(descriptor) == 1 }

  /// The width of the terminal in characters, if it is known.
  package var columns: Int? {
    var size = winsize()
    guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Reads available bytes, and waits until there are some.
  /// - Parameter buffer: The destination, at least one byte.
  /// - Returns: The number of bytes, or 0 at the end of the stream.
  /// - Throws: `InfoldError` with `.fileAccess` if reading fails.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(InfoldError) -> Int {
    while true {
      let count = retryingWhenInterrupted { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
      if count >= 0 { return count }
      guard errno == EAGAIN else { throw InfoldError(.fileAccess, "cannot be read: \(systemErrorText())") }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      _ = retryingWhenInterrupted { poll(&request, 1, -1) }
    }
  }

  /// Writes all of `bytes`.
  /// - Throws: `InfoldError` with `.fileAccess` if writing fails, for example on a full disk.
  package func write(_ bytes: UnsafeBufferPointer<UInt8>) throws(InfoldError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let chunk = UnsafeBufferPointer(rebasing: rest)
      let count = retryingWhenInterrupted { Glibc.write(descriptor, chunk.baseAddress, chunk.count) }
      guard count > 0 else {
        throw InfoldError(.fileAccess, "the output cannot be written: \(systemErrorText())")
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Writes all of `bytes`.
  /// - Throws: The errors of `write(_:)` for a buffer.
  package func write(_ bytes: [UInt8]) throws(InfoldError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(InfoldError) in try write(bytes) }
  }

  /// Writes a text as UTF-8.
  /// - Throws: The errors of `write(_:)` for a buffer.
  package func write(_ text: String) throws(InfoldError) {
    try write(Array(text.utf8))
  }
}
