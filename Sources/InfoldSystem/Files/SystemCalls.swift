import Glibc

/// Calls a function of the system again as long as a signal interrupts it.
package func retryingWhenInterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// What a call to the system failed with, like "no such file or directory".
package func systemErrorText(_ code: Int32 = errno) -> String {
  String(cString: strerror(code)).lowercased()
}

/// Checks that the system can be asked for `path`: it ends at a NUL, and so would name another file.
package func checkPath(_ path: String) throws(InfoldError) {
  guard !path.isEmpty else { throw InfoldError(.fileAccess, "the path is empty") }
  guard !path.utf8.contains(0) else { throw InfoldError(.fileAccess, "a path cannot hold a NUL character") }
}

/// The path from `/` on to what `path` names, in which no part is a link.
/// - Throws: `InfoldError` with `.fileAccess`.
package func withoutLinks(_ path: String) throws(InfoldError) -> String {
  try checkPath(path)
  guard let resolved = realpath(path, nil) else {
    throw InfoldError(.fileAccess, "cannot be found: \(systemErrorText())")
  }
  defer { free(resolved) }
  return String(cString: resolved)
}
