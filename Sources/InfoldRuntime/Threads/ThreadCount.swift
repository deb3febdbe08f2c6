import InfoldSystem

/// The number of threads that a run may use.
package enum ThreadCount {
  /// The environment variable that says how many, where an app or a command line does not.
  package static let variable = "INFOLD_THREADS"

  /// What can be asked for.
  package static let allowed = 1...1024

  /// What the options say, or else the environment, or else one for each processor that the process may use.
  /// - Parameter text: What the environment says; `nil` or nothing for no opinion.
  /// - Throws: `InfoldError` with `.invalidArgument` for a number that is not allowed.
  package static func chosen(
    _ options: SessionOptions, environment text: String? = Environment.variable(variable)
  ) throws(InfoldError) -> Int {
    if let threads = options.threads {
      guard allowed.contains(threads) else {
        throw InfoldError(.invalidArgument, "the number of threads is \(threads), and must be 1 to 1024")
      }
      return threads
    }
    guard let text, !text.isEmpty else { return ProcessorCount.available }
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let threads = Int(text),
      allowed.contains(threads)
    else {
      throw InfoldError(
        .invalidArgument, "\(variable) is \(String(quoting: text)), and must be a number of threads, 1 to 1024")
    }
    return threads
  }
}
