import Glibc

/// A folder that is open: what lies in it is found, whatever becomes of its path.
package final class OpenFolder {
  /// Why a file cannot be opened.
  package enum Failure: Error {
    /// A part of the path is a symbolic link.
    case isLink(part: String)
    /// The system does not open a part, for this reason.
    case refused(part: String, reason: String)
  }

  private let descriptor: Int32

  /// Opens the folder at `path`, links followed.
  /// - Throws: `InfoldError` with `.fileAccess`.
  package init(_ path: String) throws(InfoldError) {
    descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw InfoldError(.fileAccess, "the folder \(String(quoting: path)) cannot be opened: \(systemErrorText())")
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Opens a file by the names of the folders that it lies in and its own, each inside the one before, and follows no link.
  /// - Precondition: There is at least one part, and none is empty or holds a slash or a NUL.
  /// - Returns: A descriptor for `RegularFile(adopting:)`.
  package func open(_ parts: [String]) throws(Failure) -> Int32 {
    var folder = descriptor
    defer { if folder != descriptor { close(folder) } }
    for part in parts.dropLast() {
      let next = retryingWhenInterrupted { openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
      guard next >= 0 else { throw failure(part, in: folder) }
      if folder != descriptor { close(folder) }
      folder = next
    }
    let file = parts[parts.count - 1]
    let opened = retryingWhenInterrupted {
      openat(folder, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    }
    guard opened >= 0 else { throw failure(file, in: folder) }
    return opened
  }

  private func failure(_ part: String, in folder: Int32) -> Failure {
    let reason = systemErrorText()
    var status = stat()
    if fstatat(folder, part, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFLNK {
      return .isLink(part: part)
    }
    return .refused(part: part, reason: reason)
  }
}
