public import Infold

/// Why a request was not answered.
public struct ServingError: Error, Sendable, Hashable {
  /// The kind of a failure, which every protocol has a number for.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The request is wrong: HTTP 400, gRPC's INVALID_ARGUMENT.
    case invalidArgument
    /// Nobody says who asks: 401, UNAUTHENTICATED.
    case unauthenticated
    /// Who asks may not: 403, PERMISSION_DENIED.
    case permissionDenied
    /// There is no such model, version or path: 404, NOT_FOUND.
    case notFound
    /// The client was too slow: 408, DEADLINE_EXCEEDED.
    case requestTimeout
    /// The request is too large: 413, RESOURCE_EXHAUSTED.
    case tooLarge
    /// The body is of a kind that is not taken: 415, INVALID_ARGUMENT.
    case unsupportedMediaType
    /// The client has gone: 499, which nobody sees; CANCELLED.
    case cancelled
    /// Something inside failed: 500, INTERNAL.
    case `internal`
    /// The server does not have it: 501, UNIMPLEMENTED.
    case unimplemented
    /// The queue is full, the model is not ready, or the server is about to end: 503 with Retry-After, UNAVAILABLE.
    case unavailable
    /// It did not begin before the client's deadline: 504, DEADLINE_EXCEEDED.
    case deadlineExceeded
    /// The model takes more memory or time than it may: 507, RESOURCE_EXHAUSTED.
    case limitExceeded
  }

  /// The kind of failure.
  public var kind: Kind
  /// What is wrong, on one line.
  public var reason: String
  /// For `.unavailable`: the seconds after which it is worth another attempt.
  public var retryAfter: Int?

  /// An error.
  public init(_ kind: Kind, _ reason: String, retryAfter: Int? = nil) {
    (self.kind, self.reason, self.retryAfter) = (kind, reason, retryAfter)
  }

  /// What an error of Infold is for a client who has sent a request.
  ///
  /// The file is left out, since paths of the server are none of a client's business.
  public init(_ error: InfoldError) {
    var error = error
    error.file = nil
    let kind: Kind =
      switch error.code {
      // A model that is served runs with some sizes: with others, it is what the request says that does not fit.
      case .invalidArgument, .malformedData, .invalidModel: .invalidArgument
      case .limitExceeded: .limitExceeded
      case .cancelled: .cancelled
      case .unsupported: .unimplemented
      default: .internal
      }
    self.init(kind, error.description)
  }

  /// The status of an HTTP answer.
  public var httpStatus: Int {
    switch kind {
    case .invalidArgument: 400
    case .unauthenticated: 401
    case .permissionDenied: 403
    case .notFound: 404
    case .requestTimeout: 408
    case .tooLarge: 413
    case .unsupportedMediaType: 415
    case .cancelled: 499
    case .internal: 500
    case .unimplemented: 501
    case .unavailable: 503
    case .deadlineExceeded: 504
    case .limitExceeded: 507
    }
  }

  /// The number of a gRPC status.
  public var grpcCode: Int {
    switch kind {
    case .cancelled: 1
    case .invalidArgument, .unsupportedMediaType: 3
    case .deadlineExceeded, .requestTimeout: 4
    case .notFound: 5
    case .permissionDenied: 7
    case .tooLarge, .limitExceeded: 8
    case .unimplemented: 12
    case .internal: 13
    case .unavailable: 14
    case .unauthenticated: 16
    }
  }
}

extension ServingError: CustomStringConvertible {
  public var description: String { reason }
}

extension String {
  /// The same on one line, without control characters, and not longer than 200 characters: for messages.
  package var printable: String {
    let characters = unicodeScalars.prefix(200).map { scalar in
      scalar.properties.generalCategory == .control ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return characters.joined() + (unicodeScalars.count > 200 ? "…" : "")
  }
}
