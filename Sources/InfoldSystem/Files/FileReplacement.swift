import Glibc

/// Receives the bytes of a file that is being written.
package struct FileWriter: ~Copyable {
  fileprivate let descriptor: Int32

  /// Appends `bytes`.
  /// - Throws: `InfoldError` with `.fileAccess`.
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
  /// - Throws: `InfoldError` with `.fileAccess`.
  package func write(_ bytes: [UInt8]) throws(InfoldError) {
    try bytes.span.withUnsafeBytes { (bytes) throws(InfoldError) in try write(bytes) }
  }
}

/// Writes the file at `path`, whole or not at all.
///
/// The bytes go to a temporary file in the same folder, which replaces the old file once they are on the disk. When
/// anything fails, the old file is what it was and the temporary one is gone; it has no name before it is complete, so that it
/// is gone as well when the process ends in between. A link is followed, and the file that it names replaced; the permissions
/// of an old file are kept. What is no file and can be written to, a pipe that somebody reads or a device like `/dev/stdout`, receives
/// the bytes. A file that may not become so large is an error, and no signal, whatever the process does with SIGXFSZ.
/// - Parameter followsLinks: Whether links and what is no file are treated so; else the new file takes the place of any entry of that name
///   that is no folder, and nothing outside of the folder changes.
/// - Throws: what `write` throws; `InfoldError` with `.fileAccess`, naming the file.
package func writeReplacing(
  _ path: String, followsLinks: Bool = true, _ write: (borrowing FileWriter) throws(InfoldError) -> Void
) throws(InfoldError) {
  try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
    try checkPath(path)
    guard let target = followsLinks ? try replaceableFile(path) : (path, nil) else {
      return try holdingBackFileSizeSignal { () throws(InfoldError) in try writeInto(path, write) }
    }
    let folder = target.path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(target.path[...$0]) } ?? "./"
    let file = try TemporaryFile(in: folder)
    try holdingBackFileSizeSignal { () throws(InfoldError) in try write(FileWriter(descriptor: file.descriptor)) }
    if let permissions = target.permissions { try succeed(fchmod(file.descriptor, permissions)) }
    try succeed(retryingWhenInterrupted { fsync(file.descriptor) })
    try file.replace(target.path)
    synchronize(folder)
  }
}

/// A file that is gone with this value, unless it has replaced another.
private struct TemporaryFile: ~Copyable {
  let descriptor: Int32
  private let name: String
  /// Whether the file system has it under its name.
  private var isNamed: Bool

  init(in folder: String) throws(InfoldError) {
    name = folder + ".infold-" + String(UInt64.random(in: .min ... .max), radix: 36) + ".tmp"
    // O_TMPFILE, which Swift cannot import. The name comes by way of /proc.
    let flags = 0o20_000_000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC
    let unnamed = access("/proc/self/fd", F_OK) == 0 ? retryingWhenInterrupted { open(folder, flags, 0o666) } : -1
    isNamed = unnamed < 0
    let named = name
    // Not every file system has files without names.
    descriptor =
      unnamed >= 0
      ? unnamed
      : retryingWhenInterrupted { open(named, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666) }
    guard descriptor >= 0 else {
      isNamed = false
      throw InfoldError(.fileAccess, "cannot be written: \(systemErrorText())")
    }
  }

  /// Takes the place of the file at `path`.
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
      throw InfoldError(.fileAccess, "cannot be written: nobody reads it", hint: "start its reader first")
    }
    throw InfoldError(.fileAccess, "cannot be written: \(systemErrorText())")
  }
  // From here on, a write waits for the reader.
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

/// Where the file that `path` names really is, and its permissions; `path` itself where nothing is yet, and `nil` for
/// what is no file.
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

/// Brings the new entry of `folder` to the disk, where the file system can.
private func synchronize(_ folder: String) {
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}
