import Glibc

/// Short-lived programs that the tool starts.
package enum ChildProcess {
  /// The reason why a program has no output.
  package enum Failure: Error {
    /// The program cannot be started, mostly because it is not installed.
    case notStarted
    case timeLimit
    case outputLimit
    /// The program ended with a nonzero exit code or a signal.
    case failed
  }

  /// Runs `program`, found through PATH, and discards its standard error.
  /// - Parameters:
  ///   - input: The contents of its standard input.
  ///   - seconds: The time limit, after which it is killed.
  ///   - limit: The maximum size of its output in bytes.
  /// - Returns: Its standard output.
  package static func output(
    of program: String, _ arguments: [String], input: String, seconds: Int, limit: Int
  ) throws(Failure) -> [UInt8] {
    // A file, because a pipe would have to be written and read alternately.
    guard let file = tmpfile() else { throw .notStarted }
    defer { fclose(file) }
    var input = input
    let isWritten = input.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
    guard isWritten, fflush(file) == 0, lseek(fileno(file), 0, SEEK_SET) == 0 else { throw .notStarted }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .notStarted }
    defer { close(ends[0]) }
    // Otherwise the child would inherit a second copy of its write end, and the read end.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let child = spawn(program, arguments, input: fileno(file), output: ends[1])
    close(ends[1])
    guard let child else { throw .notStarted }
    let read = Result { () throws(Failure) in try everything(from: ends[0], seconds: seconds, limit: limit) }
    if case .failure = read { kill(child, SIGKILL) }
    var status: Int32 = 0
    let ended = retryingWhenInterrupted { waitpid(child, &status, 0) }
    let output = try read.get()
    guard ended == child, status == 0 else { throw .failed }
    return output
  }

  private static func spawn(_ program: String, _ arguments: [String], input: Int32, output: Int32) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
    defer { posix_spawn_file_actions_destroy(&actions) }
    guard posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) == 0,
      posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0,
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0
    else { return nil }
    var strings: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    defer { for string in strings { free(string) } }
    strings.append(nil)
    var child: pid_t = 0
    return posix_spawnp(&child, program, &actions, nil, strings, environ) == 0 ? child : nil
  }

  private static func everything(from pipe: Int32, seconds: Int, limit: Int) throws(Failure) -> [UInt8] {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let left = clock.now.duration(to: end) / .milliseconds(1)
      guard left > 0 else { throw .timeLimit }
      var request = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
      let ready = poll(&request, 1, Int32(min(left.rounded(.up), 60_000)))
      if ready == 0 || ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { throw .failed }
      let count = retryingWhenInterrupted { read(pipe, &buffer, buffer.count) }
      guard count >= 0 else { throw .failed }
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else { throw .outputLimit }
      bytes += buffer[..<count]
    }
  }
}
