import Glibc

/// An open folder. Its files can be opened even if the folder is moved or its path is replaced.
package final class OpenFolder {
  /// The reason why a file cannot be opened.
  package enum Failure: Error {
    /// A part of the path is a symbolic link.
    case isLink(part: String)
    /// The system refuses to open a part of the path.
    case refused(part: String, reason: String)
  }

  private let descriptor: Int32

  /// Opens the folder at `path`, following links.
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

  /// Opens a file by its path within this folder, given as components. No links are followed.
  /// - Precondition: There is at least one part, and no part is empty or contains a slash or a NUL.
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
