import Glibc

/// Runs `body`, and keeps from the process the signal that a write raises when it meets the limit on the size of files (SIGXFSZ),
/// which would end it. The write fails in any case. What the process does with signals stays as it is.
func holdingBackFileSizeSignal<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
  var signals = sigset_t(), earlier = sigset_t(), pending = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, SIGXFSZ)
  sigpending(&pending)
  let wasPending = sigismember(&pending, SIGXFSZ) == 1
  // The signal is the thread's own.
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
