import Glibc
import InfoldSystem
import TestSupport
import Testing

/// Limits and signals that affect a process while it writes.
@Suite struct SystemLimitTests {
  /// The signal for exceeding the file size limit does not reach the process, where it would be fatal, and does not stay pending.
  @Test func fileSizeSignal() throws {
    // On a thread that does not block the signal.
    var signals = sigset_t(), earlier = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGXFSZ)
    pthread_sigmask(SIG_UNBLOCK, &signals, &earlier)
    defer { pthread_sigmask(SIG_SETMASK, &earlier, nil) }
    try withTemporaryFolder { folder in
      let error = #expect(throws: InfoldError.self) {
        try writeReplacing(folder + "/file") { (_) throws(InfoldError) in
          pthread_kill(pthread_self(), SIGXFSZ)
          throw InfoldError(.fileAccess, "cannot be written: file too large")
        }
      }
      #expect(error?.reason.contains("file too large") == true)
      try writeReplacing(folder + "/file") { (writer) throws(InfoldError) in try writer.write([1]) }
    }
    var mask = sigset_t(), pending = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &mask)
    sigpending(&pending)
    #expect(sigismember(&mask, SIGXFSZ) == 0 && sigismember(&pending, SIGXFSZ) == 0)
  }

  /// Writing to a pipe without a reader is refused, and does not wait.
  @Test func pipesWithoutReader() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/pipe"
      #expect(mkfifo(path, 0o600) == 0)
      let error = #expect(throws: InfoldError.self) {
        try writeReplacing(path) { (writer) throws(InfoldError) in try writer.write([1, 2, 3]) }
      }
      #expect(error?.code == .fileAccess && error?.reason.contains("no reader") == true)
      let reader = open(path, O_RDONLY | O_NONBLOCK)
      defer { close(reader) }
      try writeReplacing(path) { (writer) throws(InfoldError) in try writer.write([1, 2, 3]) }
      var bytes = [UInt8](repeating: 0, count: 4)
      #expect(read(reader, &bytes, 4) == 3 && bytes == [1, 2, 3, 0])
    }
  }
}
