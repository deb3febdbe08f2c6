import Glibc
import InfoldFiles
import InfoldGraph

/// What the user asked for.
enum StandardOutput {
  /// Writes `text`.
  /// - Throws: `InfoldError` with `.fileAccess` when it cannot be written, as on a full disk.
  static func write(_ text: String) throws(InfoldError) {
    guard writeAll(text, to: STDOUT_FILENO) else {
      throw InfoldError(.fileAccess, "the output cannot be written: \(systemErrorText())")
    }
  }
}

extension StandardOutput {
  /// Writes `bytes`.
  /// - Throws: As `write(_:)` of a text.
  static func write(_ bytes: [UInt8]) throws(InfoldError) {
    guard bytes.withUnsafeBufferPointer({ writeAll($0, to: STDOUT_FILENO) }) else {
      throw InfoldError(.fileAccess, "the output cannot be written: \(systemErrorText())")
    }
  }
}

/// Errors and progress.
enum StandardError {
  /// Writes `text`. There is nobody to tell when that fails.
  static func write(_ text: String) {
    _ = writeAll(text, to: STDERR_FILENO)
  }
}

/// - Returns: Whether all of it was written.
private func writeAll(_ text: String, to descriptor: Int32) -> Bool {
  var text = text
  return text.withUTF8 { writeAll($0, to: descriptor) }
}

private func writeAll(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let chunk = UnsafeBufferPointer(rebasing: rest)
    let count = retryingWhenInterrupted { Glibc.write(descriptor, chunk.baseAddress, chunk.count) }
    guard count > 0 else { return false }
    rest = rest.dropFirst(count)
  }
  return true
}
