import Glibc
import InfoldGraph

/// A regular file that is open for reading.
final class OpenFile {
  private let descriptor: Int32
  /// The size when it was opened, in bytes.
  let size: Int

  /// Opens the file at `path`. A link is followed: the caller named it.
  /// - Throws: `InfoldError` with `.fileAccess` when it cannot be opened or is not a regular file.
  convenience init(path: String) throws(InfoldError) {
    guard !path.utf8.contains(0) else { throw InfoldError(.fileAccess, "a path cannot hold a NUL character") }
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    try self.init(retryingWhenInterrupted { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) })
  }

  /// Takes over `descriptor`, the result of `open` or `openat`.
  init(_ descriptor: Int32) throws(InfoldError) {
    guard descriptor >= 0 else { throw InfoldError(.fileAccess, "cannot be opened: \(systemErrorText())") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let text = systemErrorText()
      close(descriptor)
      throw InfoldError(.fileAccess, "cannot be read: \(text)")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw InfoldError(.fileAccess, "is \(kindOfFile(status.st_mode)), not a file")
    }
    self.descriptor = descriptor
    size = Int(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  /// Fills `buffer` with the bytes from `offset` on.
  /// - Throws: `InfoldError` with `.fileAccess` when reading fails or the file ends before.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InfoldError) {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = retryingWhenInterrupted { pread(descriptor, rest.baseAddress, rest.count, offset + filled) }
      guard count >= 0 else { throw InfoldError(.fileAccess, "cannot be read: \(systemErrorText())") }
      guard count > 0 else { throw InfoldError(.fileAccess, "became shorter while it was read") }
      filled += count
    }
  }
}

/// Calls a function of the system again as long as a signal interrupts it.
func retryingWhenInterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// What the last call to the system failed with.
func systemErrorText(_ code: Int32 = errno) -> String {
  String(cString: strerror(code)).lowercased()
}

/// The kind of a file, for messages.
func kindOfFile(_ mode: mode_t) -> String {
  switch mode & S_IFMT {
  case S_IFDIR: "a folder"
  case S_IFIFO: "a pipe"
  case S_IFLNK: "a symbolic link"
  case S_IFSOCK: "a socket"
  case S_IFCHR, S_IFBLK: "a device"
  default: "something else"
  }
}
