import Glibc

/// The current process.
package enum CurrentProcess {
  /// Ends the process.
  /// - Parameter code: The exit code, 0 for success.
  package static func exit(_ code: Int32) -> Never {
    Glibc.exit(code)
  }

  /// Sets signal handling for a command-line program. A closed output pipe ends it silently, and
  /// exceeding the file size limit is an error of the write.
  package static func setSignalsOfCommand() {
    signal(SIGPIPE, SIG_DFL)
    signal(SIGXFSZ, SIG_IGN)
  }
}
