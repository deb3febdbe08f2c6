import Glibc

/// The process that runs.
package enum CurrentProcess {
  /// Ends it.
  /// - Parameter code: The exit code, 0 for success.
  package static func exit(_ code: Int32) -> Never {
    Glibc.exit(code)
  }

  /// Has signals do what a program at the command line wants: a reader that goes away ends it quietly, and a limit on the size of files is
  /// an error of the write that meets it.
  package static func setSignalsOfCommand() {
    signal(SIGPIPE, SIG_DFL)
    signal(SIGXFSZ, SIG_IGN)
  }
}
