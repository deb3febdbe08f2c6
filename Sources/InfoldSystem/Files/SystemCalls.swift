import Glibc

/// Repeats a system call as long as signals interrupt it.
package func retryingWhenInterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// Returns the text of a system error, such as "no such file or directory".
package func systemErrorText(_ code: Int32 = errno) -> String {
  String(cString: strerror(code)).lowercased()
}

/// Checks that `path` can be passed to the system. A path with a NUL would be truncated there and
/// name another file.
package func checkPath(_ path: String) throws(InfoldError) {
  guard !path.isEmpty else { throw InfoldError(.fileAccess, "the path is empty") }
  guard !path.utf8.contains(0) else { throw InfoldError(.fileAccess, "the path contains a NUL character") }
}

/// Returns the absolute path of `path` with all links resolved.
/// - Throws: `InfoldError` with `.fileAccess` if the path does not exist.
package func withoutLinks(_ path: String) throws(InfoldError) -> String {
  try checkPath(path)
  guard let resolved = realpath(path, nil) else {
    throw InfoldError(.fileAccess, "cannot be found: \(systemErrorText())")
  }
  defer { free(resolved) }
  return String(cString: resolved)
}
