import Glibc

/// A regular file that is open for reading. Folders, devices, pipes and sockets are refused, and none of them can make a
/// call wait.
package final class RegularFile {
  private let descriptor: Int32
  /// The size when it was opened, in bytes.
  package let size: Int
  /// The names that it has in the file system.
  package let linkCount: Int

  /// Opens the file at `path`. A link is followed: the caller named it.
  /// - Throws: `InfoldError` with `.fileAccess` when it cannot be opened or is not a regular file.
  package convenience init(path: String) throws(InfoldError) {
    try checkPath(path)
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    try self.init(
      adopting: retryingWhenInterrupted { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) })
  }

  /// Takes over `descriptor`, the result of `open` or `openat`, and closes it in the end.
  /// - Throws: `InfoldError` with `.fileAccess` when it is negative (`errno` tells why) or not of a regular file.
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

  /// Fills `buffer` with the bytes from `offset` on.
  /// - Throws: `InfoldError` with `.fileAccess` when reading fails or the file ends before.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InfoldError) {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = retryingWhenInterrupted { pread(descriptor, rest.baseAddress, rest.count, offset + filled) }
      guard count >= 0 else { throw InfoldError(.fileAccess, "cannot be read: \(systemErrorText())") }
      guard count > 0 else { throw InfoldError(.fileAccess, "became shorter while it was read") }
      filled += count
    }
  }

  /// The `count` bytes from `offset` on.
  /// - Throws: As `read(into:at:)`.
  package func bytes(at offset: Int, count: Int) throws(InfoldError) -> [UInt8] {
    // The array of no capacity is one that all threads share, and its count is written all the same.
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

  /// All bytes of the file at `path`.
  /// - Parameters:
  ///   - limit: The most bytes that are read.
  ///   - hint: What the user can do about a larger file.
  /// - Throws: `InfoldError` that names the file: `.fileAccess`, or `.limitExceeded` when it is larger than `limit`.
  package static func contents(
    ofFile path: String, limit: Int, hint: String? = nil
  ) throws(InfoldError) -> [UInt8] {
    try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      let file = try RegularFile(path: path)
      try file.require(atMost: limit, hint: hint)
      return try file.bytes(at: 0, count: file.size)
    }
  }

  /// - Parameter hint: What the user can do about a larger file.
  /// - Throws: `InfoldError` with `.limitExceeded` when it has more bytes than `limit`.
  package func require(atMost limit: Int, hint: String? = nil) throws(InfoldError) {
    guard size <= limit else {
      throw InfoldError(.limitExceeded, "has \(counted(size, "byte")), and at most \(limit) are allowed", hint: hint)
    }
  }

  /// All of a UTF-8 text file.
  /// - Throws: As `contents(ofFile:limit:hint:)`, and `.malformedData` for bytes that are not UTF-8.
  package static func text(ofFile path: String, limit: Int) throws(InfoldError) -> String {
    guard let text = String(validating: try contents(ofFile: path, limit: limit), as: UTF8.self) else {
      throw InfoldError(.malformedData, "is not UTF-8 text", file: path)
    }
    return text
  }
}
