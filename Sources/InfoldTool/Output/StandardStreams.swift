import InfoldSystem

/// Standard output, for the requested results.
enum StandardOutput {
  /// Writes `text`.
  /// - Throws: `InfoldError` with `.fileAccess` if writing fails, for example on a full disk.
  static func write(_ text: String) throws(InfoldError) {
    try StandardStream.output.write(text)
  }

  /// Writes `bytes`.
  /// - Throws: The errors of `write(_:)` of a text.
  static func write(_ bytes: [UInt8]) throws(InfoldError) {
    try StandardStream.output.write(bytes)
  }
}

/// Standard error, for errors and progress.
enum StandardError {
  /// Writes `text`. A failure is ignored, since there is no way to report it.
  static func write(_ text: String) {
    try? StandardStream.error.write(text)
  }
}
