import Synchronization

/// Counts the bytes of all requests that are not answered yet, of which there may be so many at once.
final class RequestBytes: Sendable {
  private let limit: Int
  private let count = Atomic(0)

  init(limit: Int) { self.limit = limit }

  /// Counts more bytes.
  /// - Returns: Whether there may be so many. They count in any case.
  func take(_ bytes: Int) -> Bool { count.add(bytes, ordering: .relaxed).newValue <= limit }

  /// Counts bytes no longer.
  func giveBack(_ bytes: Int) { count.subtract(bytes, ordering: .relaxed) }
}
