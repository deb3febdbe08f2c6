import InfoldSystem

/// What the user asked for.
enum StandardOutput {
  /// Writes `text`.
  /// - Throws: `InfoldError` with `.fileAccess` when it cannot be written, as on a full disk.
  static func write(_ text: String) throws(InfoldError) {
    try StandardStream.output.write(text)
  }

  /// Writes `bytes`.
  /// - Throws: As `write(_:)` of a text.
  static func write(_ bytes: [UInt8]) throws(InfoldError) {
    try StandardStream.output.write(bytes)
  }
}

/// Errors and progress.
enum StandardError {
  /// Writes `text`. There is nobody to tell when that fails.
  static func write(_ text: String) {
    try? StandardStream.error.write(text)
  }
}
