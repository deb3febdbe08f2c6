import GRPCCore

/// The deadline of a call.
package struct Deadline: Sendable {
  /// The time, or `nil` for no deadline.
  let instant: ContinuousClock.Instant?

  /// Reads the deadline from the metadata `grpc-timeout`.
  init(_ metadata: Metadata, _ begin: ContinuousClock.Instant) {
    instant = metadata.first("grpc-timeout").flatMap(Self.duration).map { begin + $0 }
  }

  var isOver: Bool { instant.map { $0 <= .now } ?? false }

  /// Parses a duration of at most eight digits and a unit. Returns `nil` if it is malformed.
  package static func duration(_ text: String) -> Duration? {
    let digits = text.utf8.dropLast()
    guard (1...8).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    let amount = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 48) }
    switch text.last {
    case "H": return .seconds(3600 * amount)
    case "M": return .seconds(60 * amount)
    case "S": return .seconds(amount)
    case "m": return .milliseconds(amount)
    case "u": return .microseconds(amount)
    case "n": return .nanoseconds(amount)
    default: return nil
    }
  }
}
