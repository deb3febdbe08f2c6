import Glibc

/// Runs `body` with SIGXFSZ blocked, the signal of a write that exceeds the file size limit,
/// because it would end the process. The write still fails. The process's signal handlers are
/// unchanged.
func blockingFileSizeSignal<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
  var signals = sigset_t(), earlier = sigset_t(), pending = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, SIGXFSZ)
  sigpending(&pending)
  let wasPending = sigismember(&pending, SIGXFSZ) == 1
  // The signal is delivered to the thread that writes.
  guard pthread_sigmask(SIG_BLOCK, &signals, &earlier) == 0 else { return try body() }
  defer {
    if !wasPending {
      var atOnce = timespec()
      while sigtimedwait(&signals, nil, &atOnce) < 0, errno == EINTR {}
    }
    pthread_sigmask(SIG_SETMASK, &earlier, nil)
  }
  return try body()
}
