import Glibc

/// The variables that the process was started with.
package enum Environment {
  /// The value of a variable; `nil` where there is none.
  package static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
