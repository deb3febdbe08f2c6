import InfoldSystem

extension InfoldError {
  /// Whether the run or request was cancelled, rather than failed.
  public var isCancellation: Bool { code == .cancelled }
}

/// Runs `body`, and throws Swift's `CancellationError` instead of an `InfoldError` with the code
/// `.cancelled`. Use it where callers recognize cancellation by Swift's error:
///
///     let outputs = try await throwingCancellationErrors { try await session.run(inputs) }
///
/// - Throws: `CancellationError` if `body` was cancelled; otherwise the error of `body`.
public func throwingCancellationErrors<Output>(
  isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> sending Output
) async throws -> sending Output {
  do {
    return try await body()
  } catch let error as InfoldError where error.isCancellation {
    throw CancellationError()
  }
}
