import InfoldSystem

/// The number of threads that a run may use.
package enum ThreadCount {
  /// The environment variable with the number of threads, used if neither the app nor the command
  /// line sets it.
  package static let variable = "INFOLD_THREADS"

  /// The valid numbers of threads.
  package static let allowed = 1...1024

  /// Returns the number of threads from the options, or else from the environment, or else one per
  /// processor that the process may use.
  ///
  /// - Parameter text: The value of the environment variable; `nil` or empty if it is not set.
  /// - Throws: `InfoldError.Code.invalidArgument` if the number is out of range.
  package static func chosen(
    _ options: SessionOptions, environment text: String? = Environment.variable(variable)
  ) throws(InfoldError) -> Int {
    if let threads = options.threads {
      guard allowed.contains(threads) else {
        throw InfoldError(.invalidArgument, "the number of threads is \(threads), but must be 1 to 1024")
      }
      return threads
    }
    guard let text, !text.isEmpty else { return ProcessorCount.available }
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let threads = Int(text),
      allowed.contains(threads)
    else {
      throw InfoldError(
        .invalidArgument, "\(variable) is \(String(quoting: text)), but must be a number of threads, 1 to 1024")
    }
    return threads
  }
}
