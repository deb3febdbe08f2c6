import InfoldSystem

extension InfoldError {
  /// Whether nobody wanted the results any more: nothing was wrong.
  public var isCancellation: Bool { code == .cancelled }
}

/// Runs `body`, and throws Swift's `CancellationError` in the place of an `InfoldError` with `.cancelled`, for callers who tell
/// cancelled work by it:
///
///     let outputs = try await throwingCancellationErrors { try await session.run(inputs) }
///
/// - Throws: `CancellationError`; else what `body` throws.
public func throwingCancellationErrors<Output>(
  isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> sending Output
) async throws -> sending Output {
  do {
    return try await body()
  } catch let error as InfoldError where error.isCancellation {
    throw CancellationError()
  }
}
