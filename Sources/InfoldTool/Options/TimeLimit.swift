import ArgumentParser

/// A number of seconds: `30` or `0.5`.
struct TimeLimit: ExpressibleByArgument {
  /// The duration, more than 0.
  let duration: Duration

  init?(argument: String) {
    guard let seconds = Double(argument), seconds > 0, seconds <= 1e9 else { return nil }
    duration = .seconds(seconds)
  }
}
