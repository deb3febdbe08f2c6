import Glibc

/// What a caller names to be read: a regular file, or a pipe, which is read to its end at once. Folders, devices and sockets are
/// refused.
///
/// What a model names is not read by this, but by `RegularFile` alone.
package enum ReadableFile {
  case regular(RegularFile)
  /// All that came out of a pipe.
  case bytes([UInt8])

  /// Opens the file at `path`, or reads the pipe there, like that of a shell's `<(…)`. It waits for who writes to it, as long as
  /// there is somebody.
  /// - Parameters:
  ///   - limit: The most bytes.
  ///   - pipeLimit: The most bytes of a pipe, whose size nobody knows ahead; `nil` for the same.
  ///   - hint: What the user can do about more.
  /// - Throws: `InfoldError`: `.fileAccess` when it cannot be read or nobody writes to the pipe, `.limitExceeded`.
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

  /// All that standard input has from where it is: a pipe or a file, but no terminal.
  /// - Throws: As `init(path:limit:hint:)`.
  package static func standardInput(limit: Int, hint: String? = nil) throws(InfoldError) -> [UInt8] {
    guard !StandardStream.input.isTerminal else {
      throw InfoldError(.fileAccess, "is a terminal", hint: "redirect a file, or the output of a program, to it")
    }
    guard let status = FileStatus(descriptor: STDIN_FILENO) else {
      throw InfoldError(.fileAccess, "cannot be read: \(systemErrorText())")
    }
    guard [.regular, .pipe, .socket].contains(status.kind) else {
      throw InfoldError(.fileAccess, "is \(status.kind), neither a file nor a pipe")
    }
    return try bytesToEnd(of: STDIN_FILENO, limit: limit, hint: hint)
  }

  /// All bytes of what is at `path`.
  /// - Throws: As `init(path:limit:hint:)`, naming the file.
  package static func contents(of path: String, limit: Int, hint: String? = nil) throws(InfoldError) -> [UInt8] {
    try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      switch try ReadableFile(path: path, limit: limit, hint: hint) {
      case .regular(let file): try file.bytes(at: 0, count: file.size)
      case .bytes(let bytes): bytes
      }
    }
  }
}

/// A pipe with a name, open for reading.
private struct Pipe: ~Copyable {
  private let descriptor: Int32
  /// How long somebody may take to open the other end, in milliseconds: who starts both programs at once cannot say which is first.
  private static let patience: Int32 = 1000

  init(path: String) throws(InfoldError) {
    // Without O_NONBLOCK, this would wait for a writer.
    descriptor = retryingWhenInterrupted { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
    guard descriptor >= 0 else { throw InfoldError(.fileAccess, "cannot be opened: \(systemErrorText())") }
    // The path may be another file's by now.
    guard FileStatus(descriptor: descriptor)?.kind == .pipe else {
      throw InfoldError(.fileAccess, "is no pipe any more")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func contents(limit: Int, hint: String?) throws(InfoldError) -> [UInt8] {
    // No writer yet, or none any more: only the second is told by poll, as soon as it is so. A writer that has written nothing makes
    // a read fail with EAGAIN.
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
        throw InfoldError(.fileAccess, "is a pipe that nobody writes to")
      }
    }
    return try bytesToEnd(of: descriptor, limit: limit, hint: hint, behind: first)
  }
}

/// What can be read from `descriptor` until its end, behind `first`.
private func bytesToEnd(
  of descriptor: Int32, limit: Int, hint: String?, behind first: [UInt8] = []
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
      throw InfoldError(.limitExceeded, "gives more than the \(limit) bytes that are allowed", hint: hint)
    }
    bytes += chunk[..<count]
  }
}
