import Glibc

/// An open regular file. Folders, devices, pipes and sockets are rejected, and opening one never
/// blocks.
package final class RegularFile {
  private let descriptor: Int32
  /// The size in bytes at the time of opening.
  package let size: Int
  /// The number of hard links to the file.
  package let linkCount: Int

  /// Opens the file at `path`. Links are followed, because the caller chose the path.
  /// - Throws: `InfoldError` with `.fileAccess` if it cannot be opened or is not a regular file.
  package convenience init(path: String) throws(InfoldError) {
    try checkPath(path)
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    try self.init(
      adopting: retryingWhenInterrupted { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) })
  }

  /// Takes ownership of `descriptor`, the result of `open` or `openat`, and closes it on
  /// deinitialization.
  /// - Throws: `InfoldError` with `.fileAccess` if the descriptor is negative (`errno` holds the
  ///   reason) or not of a regular file.
  package init(adopting descriptor: Int32) throws(InfoldError) {
    guard descriptor >= 0 else { throw InfoldError(.fileAccess, "cannot be opened: \(systemErrorText())") }
    guard let status = FileStatus(descriptor: descriptor) else {
      let text = systemErrorText()
      close(descriptor)
      throw InfoldError(.fileAccess, "cannot be examined: \(text)")
    }
    guard status.kind == .regular else {
      close(descriptor)
      throw InfoldError(.fileAccess, "is \(status.kind), not a file")
    }
    self.descriptor = descriptor
    size = status.size
    linkCount = status.linkCount
  }

  deinit {
    close(descriptor)
  }

  /// Fills `buffer` with the bytes starting at `offset`.
  /// - Throws: `InfoldError` with `.fileAccess` if reading fails or the file is too short.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InfoldError) {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = retryingWhenInterrupted { pread(descriptor, rest.baseAddress, rest.count, offset + filled) }
      guard count >= 0 else { throw InfoldError(.fileAccess, "cannot be read: \(systemErrorText())") }
      guard count > 0 else { throw InfoldError(.fileAccess, "was truncated while it was being read") }
      filled += count
    }
  }

  /// Returns the `count` bytes starting at `offset`.
  /// - Throws: The errors of `read(into:at:)`.
  package func bytes(at offset: Int, count: Int) throws(InfoldError) -> [UInt8] {
    // All empty arrays share one object, and this initializer would write its count.
    guard count > 0 else { return [] }
    var failure: InfoldError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      do throws(InfoldError) {
        try read(
          into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]), at: offset)
        initializedCount = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Returns all bytes of the file at `path`.
  /// - Parameters:
  ///   - limit: The maximum size in bytes.
  ///   - hint: The hint of the error if the file is larger.
  /// - Throws: `InfoldError` that names the file: `.fileAccess`, or `.limitExceeded` if it is
  ///   larger than `limit`.
  package static func contents(
    ofFile path: String, limit: Int, hint: String? = nil
  ) throws(InfoldError) -> [UInt8] {
    try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      let file = try RegularFile(path: path)
      try file.require(atMost: limit, hint: hint)
      return try file.bytes(at: 0, count: file.size)
    }
  }

  /// Checks the size of the file.
  /// - Parameter hint: The hint of the error if the file is larger.
  /// - Throws: `InfoldError` with `.limitExceeded` if it has more bytes than `limit`.
  package func require(atMost limit: Int, hint: String? = nil) throws(InfoldError) {
    guard size <= limit else {
      throw InfoldError(.limitExceeded, "has \(counted(size, "byte")), which exceeds the limit of \(limit)", hint: hint)
    }
  }

  /// Returns the contents of a UTF-8 text file.
  /// - Throws: The errors of `contents(ofFile:limit:hint:)`, and `.malformedData` if the bytes are
  ///   not UTF-8.
  package static func text(ofFile path: String, limit: Int) throws(InfoldError) -> String {
    guard let text = String(validating: try contents(ofFile: path, limit: limit), as: UTF8.self) else {
      throw InfoldError(.malformedData, "is not UTF-8 text", file: path)
    }
    return text
  }
}
