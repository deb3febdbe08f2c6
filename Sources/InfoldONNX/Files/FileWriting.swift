import Glibc
import InfoldGraph

/// Writes `bytes` to the file at `path`.
///
/// A regular file is replaced only once everything has been written; a pipe or device is written to.
/// - Throws: `InfoldError` with `.fileAccess`, naming the file.
package func write(_ bytes: [UInt8], toFile path: String) throws(InfoldError) {
  try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
    guard !path.utf8.contains(0) else { throw InfoldError(.fileAccess, "a path cannot hold a NUL character") }
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      return try write(bytes, opening: path, O_WRONLY | O_TRUNC)
    }
    let target = resolved(path)
    let partial = "\(target).partial-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    do throws(InfoldError) {
      try write(bytes, opening: partial, O_WRONLY | O_CREAT | O_EXCL)
      guard rename(partial, target) == 0 else { throw cannotWrite() }
    } catch {
      unlink(partial)
      throw error
    }
  }
}

/// The file behind a link, so that the link stays; `path` itself where there is no file yet.
private func resolved(_ path: String) -> String {
  guard let real = realpath(path, nil) else { return path }
  defer { free(real) }
  return String(cString: real)
}

private func write(_ bytes: [UInt8], opening path: String, _ flags: Int32) throws(InfoldError) {
  let descriptor = retryingWhenInterrupted { open(path, flags | O_CLOEXEC | O_NOCTTY, 0o666) }
  guard descriptor >= 0 else { throw cannotWrite() }
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { buffer in
      retryingWhenInterrupted { Glibc.write(descriptor, buffer.baseAddress! + written, buffer.count - written) }
    }
    guard count > 0 else {
      let failure = cannotWrite()
      close(descriptor)
      throw failure
    }
    written += count
  }
  guard close(descriptor) == 0 else { throw cannotWrite() }
}

private func cannotWrite() -> InfoldError {
  InfoldError(.fileAccess, "cannot be written: \(systemErrorText())")
}
