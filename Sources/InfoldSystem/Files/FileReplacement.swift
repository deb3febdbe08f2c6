import Glibc

/// A handle that writes the bytes of a file.
package struct FileWriter: ~Copyable {
  fileprivate let descriptor: Int32

  /// Appends `bytes`.
  /// - Throws: `InfoldError` with `.fileAccess` if writing fails.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(InfoldError) {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = retryingWhenInterrupted { Glibc.write(descriptor, rest.baseAddress, rest.count) }
      guard count > 0 else { throw InfoldError(.fileAccess, "cannot be written: \(systemErrorText())") }
      written += count
    }
  }

  /// Appends `bytes`.
  /// - Throws: `InfoldError` with `.fileAccess` if writing fails.
  package func write(_ bytes: [UInt8]) throws(InfoldError) {
    try bytes.span.withUnsafeBytes { (bytes) throws(InfoldError) in try write(bytes) }
  }
}

/// Writes the file at `path` atomically.
///
/// The bytes go to a temporary file in the same folder. It replaces the old file after it has been
/// flushed to disk. If anything fails, the old file is unchanged and the temporary file is removed.
/// Where the file system supports it, the temporary file is unnamed until it is complete, so that
/// it also disappears if the process is killed.
///
/// A symbolic link is followed, and its target is replaced. The permissions of an existing file are
/// kept. A pipe with a reader or a device such as `/dev/stdout` receives the bytes directly.
/// Exceeding the file size limit is an error, however the process handles SIGXFSZ.
/// - Parameter followsLinks: Whether links are followed and pipes and devices are written to.
///   Otherwise the new file replaces any entry of that name except a folder, and nothing outside of
///   the folder changes.
/// - Throws: The errors of `write`, and `InfoldError` with `.fileAccess` that names the file.
package func writeReplacing(
  _ path: String, followsLinks: Bool = true, _ write: (borrowing FileWriter) throws(InfoldError) -> Void
) throws(InfoldError) {
  try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
    try checkPath(path)
    guard let target = followsLinks ? try replaceableFile(path) : (path, nil) else {
      return try blockingFileSizeSignal { () throws(InfoldError) in try writeInto(path, write) }
    }
    let folder = target.path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(target.path[...$0]) } ?? "./"
    let file = try TemporaryFile(in: folder)
    try blockingFileSizeSignal { () throws(InfoldError) in try write(FileWriter(descriptor: file.descriptor)) }
    if let permissions = target.permissions { try succeed(fchmod(file.descriptor, permissions)) }
    try succeed(retryingWhenInterrupted { fsync(file.descriptor) })
    try file.replace(target.path)
    synchronize(folder)
  }
}

/// A temporary file that is deleted with this value unless it has replaced another file.
private struct TemporaryFile: ~Copyable {
  let descriptor: Int32
  private let name: String
  /// Whether the file has its name in the file system.
  private var isNamed: Bool

  init(in folder: String) throws(InfoldError) {
    name = folder + ".infold-" + String(UInt64.random(in: .min ... .max), radix: 36) + ".tmp"
    // O_TMPFILE, which Swift cannot import. The file is named later through /proc.
    let flags = 0o20_000_000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC
    let unnamed = access("/proc/self/fd", F_OK) == 0 ? retryingWhenInterrupted { open(folder, flags, 0o666) } : -1
    isNamed = unnamed < 0
    let named = name
    // Fallback for file systems without unnamed files.
    descriptor =
      unnamed >= 0
      ? unnamed
      : retryingWhenInterrupted { open(named, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666) }
    guard descriptor >= 0 else {
      isNamed = false
      throw InfoldError(.fileAccess, "cannot be written: \(systemErrorText())")
    }
  }

  /// Replaces the file at `path`.
  consuming func replace(_ path: String) throws(InfoldError) {
    if !isNamed {
      try succeed(linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW))
      isNamed = true
    }
    try succeed(rename(name, path))
    isNamed = false
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if isNamed { unlink(name) }
  }
}

/// Writes to a pipe or a device.
private func writeInto(
  _ path: String, _ write: (borrowing FileWriter) throws(InfoldError) -> Void
) throws(InfoldError) {
  // Without O_NONBLOCK, opening a pipe would wait for a reader.
  let descriptor = retryingWhenInterrupted { open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) }
  guard descriptor >= 0 else {
    if errno == ENXIO {
      throw InfoldError(.fileAccess, "cannot be written: the pipe has no reader", hint: "start the reader first")
    }
    throw InfoldError(.fileAccess, "cannot be written: \(systemErrorText())")
  }
  // From here on, writes block until the reader catches up.
  let flags = fcntl(descriptor, F_GETFL)
  guard flags >= 0, fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) == 0 else {
    let text = systemErrorText()
    close(descriptor)
    throw InfoldError(.fileAccess, "cannot be written: \(text)")
  }
  do throws(InfoldError) {
    try write(FileWriter(descriptor: descriptor))
  } catch {
    close(descriptor)
    throw error
  }
  try succeed(close(descriptor))
}

/// Returns the resolved path and the permissions of the file at `path`. Returns `path` itself if
/// nothing exists there, and `nil` if it is not a regular file.
private func replaceableFile(_ path: String) throws(InfoldError) -> (path: String, permissions: mode_t?)? {
  guard let status = FileStatus(path) else { return (path, nil) }
  guard status.kind != .folder else {
    throw InfoldError(.fileAccess, "is a folder, and cannot be replaced by a file")
  }
  guard status.kind == .regular else { return nil }
  guard let resolved = realpath(path, nil) else {
    throw InfoldError(.fileAccess, "cannot be examined: \(systemErrorText())")
  }
  defer { free(resolved) }
  return (String(cString: resolved), status.permissions)
}

private func succeed(_ result: Int32) throws(InfoldError) {
  if result != 0 { throw InfoldError(.fileAccess, "cannot be written: \(systemErrorText())") }
}

/// Flushes the new entry of `folder` to disk, if the file system supports it.
private func synchronize(_ folder: String) {
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}
