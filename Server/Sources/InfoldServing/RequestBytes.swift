import Synchronization

/// Counts the bytes of all requests that have not been answered yet, over all protocols, against a
/// limit.
package final class RequestBytes: Sendable {
  private let limit: Int
  private let count = Atomic(0)

  package init(limit: Int) { self.limit = limit }

  /// Adds bytes.
  /// - Returns: Whether the limit is kept. The bytes count in any case.
  package func take(_ bytes: Int) -> Bool { count.add(bytes, ordering: .relaxed).newValue <= limit }

  /// Removes bytes.
  package func release(_ bytes: Int) { count.subtract(bytes, ordering: .relaxed) }
}

extension ServingError {
  /// The error for a request that exceeds the limit.
  package static var tooManyRequestBytes: ServingError {
    ServingError(.unavailable, "the pending requests exceed the memory limit of the server", retryAfter: 1)
  }
}
