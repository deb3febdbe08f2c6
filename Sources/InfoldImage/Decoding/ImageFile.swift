import InfoldGraph

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The bytes of the regular file at `path`.
///
/// A device, a pipe or a folder is refused, and none of them can make the call wait.
/// - Throws: `InfoldError` with `.fileAccess` or `.limitExceeded`.
func readRegularFile(_ path: String, maximumSize: Int) throws(InfoldError) -> [UInt8] {
  guard !path.utf8.contains(0) else { throw InfoldError(.fileAccess, "the path contains a NUL character") }
  let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
  guard descriptor >= 0 else { throw InfoldError(.fileAccess, "cannot be opened: \(systemMessage())") }
  defer { close(descriptor) }

  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    throw InfoldError(.fileAccess, "cannot be examined: \(systemMessage())")
  }
  guard status.st_mode & S_IFMT == S_IFREG else { throw InfoldError(.fileAccess, "is not a regular file") }
  let size = Int(status.st_size)
  guard size <= maximumSize else {
    throw InfoldError(.limitExceeded, "is \(size) bytes long, and at most \(maximumSize) are allowed")
  }

  var bytes = [UInt8](repeating: 0, count: size)
  var filled = 0
  while filled < size {
    let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + filled, size - filled) }
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw InfoldError(.fileAccess, "cannot be read: \(systemMessage())") }
    guard count > 0 else { throw InfoldError(.fileAccess, "became shorter while it was read") }
    filled += count
  }
  return bytes
}

private func systemMessage() -> String { String(cString: strerror(errno)) }
