import Synchronization

/// Counts the bytes of all requests that are not answered yet, whatever protocol they come by, of which there may be so many at once.
package final class RequestBytes: Sendable {
  private let limit: Int
  private let count = Atomic(0)

  package init(limit: Int) { self.limit = limit }

  /// Counts more bytes.
  /// - Returns: Whether there may be so many. They count in any case.
  package func take(_ bytes: Int) -> Bool { count.add(bytes, ordering: .relaxed).newValue <= limit }

  /// Counts bytes no longer.
  package func release(_ bytes: Int) { count.subtract(bytes, ordering: .relaxed) }
}

extension ServingError {
  /// A request for whose bytes there is no room now.
  package static var tooManyRequestBytes: ServingError {
    ServingError(.unavailable, "the server holds as many bytes of requests as it may", retryAfter: 1)
  }
}
