import Glibc

/// A file that the caller names for reading: a regular file, or a pipe, which is read to its end
/// immediately. Folders, devices and sockets are rejected.
///
/// Files that a model names are read only through `RegularFile`.
package enum ReadableFile {
  case regular(RegularFile)
  /// The contents of a pipe.
  case bytes([UInt8])

  /// Opens the file at `path`, or reads the pipe there, such as that of a shell's `<(…)`. Reading
  /// waits as long as the pipe has a writer.
  /// - Parameters:
  ///   - limit: The maximum size in bytes.
  ///   - pipeLimit: The maximum size of a pipe, whose size is not known in advance, or `nil` for
  ///     `limit`.
  ///   - hint: The hint of the error if the limit is exceeded.
  /// - Throws: `InfoldError`: `.fileAccess` if the file cannot be read or the pipe has no writer,
  ///   `.limitExceeded` if it is too large.
  package init(path: String, limit: Int, pipeLimit: Int? = nil, hint: String? = nil) throws(InfoldError) {
    try checkPath(path)
    guard FileStatus(path)?.kind == .pipe else {
      let file = try RegularFile(path: path)
      try file.require(atMost: limit, hint: hint)
      self = .regular(file)
      return
    }
    self = .bytes(try Pipe(path: path).contents(limit: min(limit, pipeLimit ?? limit), hint: hint))
  }

  /// Reads standard input from its current position to its end. It must be a pipe or a file, not a
  /// terminal.
  /// - Throws: The errors of `init(path:limit:hint:)`.
  package static func standardInput(limit: Int, hint: String? = nil) throws(InfoldError) -> [UInt8] {
    guard !StandardStream.input.isTerminal else {
      throw InfoldError(
        .fileAccess, "is a terminal", hint: "redirect a file or the output of a program to standard input")
    }
    guard let status = FileStatus(descriptor: STDIN_FILENO) else {
      throw InfoldError(.fileAccess, "cannot be read: \(systemErrorText())")
    }
    guard [.regular, .pipe, .socket].contains(status.kind) else {
      throw InfoldError(.fileAccess, "is \(status.kind), neither a file nor a pipe")
    }
    return try bytesToEnd(of: STDIN_FILENO, limit: limit, hint: hint)
  }

  /// Returns all bytes of the file at `path`.
  /// - Throws: The errors of `init(path:limit:hint:)`, with the file named.
  package static func contents(of path: String, limit: Int, hint: String? = nil) throws(InfoldError) -> [UInt8] {
    try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      switch try ReadableFile(path: path, limit: limit, hint: hint) {
      case .regular(let file): try file.bytes(at: 0, count: file.size)
      case .bytes(let bytes): bytes
      }
    }
  }
}

/// A named pipe that is open for reading.
private struct Pipe: ~Copyable {
  private let descriptor: Int32
  /// The time to wait for a writer, in milliseconds. If both programs are started together, either
  /// may be first.
  private static let patience: Int32 = 1000

  init(path: String) throws(InfoldError) {
    // Without O_NONBLOCK, opening would wait for a writer.
    descriptor = retryingWhenInterrupted { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
    guard descriptor >= 0 else { throw InfoldError(.fileAccess, "cannot be opened: \(systemErrorText())") }
    // The path may meanwhile name another file.
    guard FileStatus(descriptor: descriptor)?.kind == .pipe else {
      throw InfoldError(.fileAccess, "is no longer a pipe")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func contents(limit: Int, hint: String?) throws(InfoldError) -> [UInt8] {
    // The pipe may have no writer yet, or its last writer may have closed it. Only the second case
    // is reported by poll, immediately. If the writer has written nothing yet, a read fails with
    // EAGAIN.
    var waited: Int32 = 0
    var byte: UInt8 = 0
    var first: [UInt8] = []
    while true {
      let count = retryingWhenInterrupted { read(descriptor, &byte, 1) }
      if count == 1 { first = [byte] }
      if count != 0 { break }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let isReady = retryingWhenInterrupted { poll(&request, 1, 10) } > 0
      if isReady && request.revents & Int16(POLLHUP) != 0 && request.revents & Int16(POLLIN) == 0 { break }
      waited += 10
      guard waited < Self.patience else {
        throw InfoldError(.fileAccess, "is a pipe without a writer")
      }
    }
    return try bytesToEnd(of: descriptor, limit: limit, hint: hint, after: first)
  }
}

/// Returns `first` followed by everything that can be read from `descriptor`.
private func bytesToEnd(
  of descriptor: Int32, limit: Int, hint: String?, after first: [UInt8] = []
) throws(InfoldError) -> [UInt8] {
  var bytes = first
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = chunk.withUnsafeMutableBytes { buffer in
      retryingWhenInterrupted { read(descriptor, buffer.baseAddress, buffer.count) }
    }
    if count == 0 { return bytes }
    guard count > 0 else {
      guard errno == EAGAIN else { throw InfoldError(.fileAccess, "cannot be read: \(systemErrorText())") }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      _ = retryingWhenInterrupted { poll(&request, 1, -1) }
      continue
    }
    guard count <= limit - bytes.count else {
      throw InfoldError(.limitExceeded, "exceeds the limit of \(limit) bytes", hint: hint)
    }
    bytes += chunk[..<count]
  }
}
