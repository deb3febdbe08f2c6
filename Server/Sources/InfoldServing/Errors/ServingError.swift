public import Infold

/// The reason why a request was not answered.
public struct ServingError: Error, Sendable, Hashable {
  /// The kind of an error. Every protocol has a status code for it.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The request is invalid: HTTP 400, gRPC INVALID_ARGUMENT.
    case invalidArgument
    /// Authentication is missing: 401, UNAUTHENTICATED.
    case unauthenticated
    /// The client lacks permission: 403, PERMISSION_DENIED.
    case permissionDenied
    /// The model, version or path does not exist: 404, NOT_FOUND.
    case notFound
    /// The client was too slow: 408, DEADLINE_EXCEEDED.
    case requestTimeout
    /// The request is too large: 413, RESOURCE_EXHAUSTED.
    case tooLarge
    /// The content type or encoding is not supported: 415, INVALID_ARGUMENT.
    case unsupportedMediaType
    /// The client has disconnected: 499, which no client receives; CANCELLED.
    case cancelled
    /// An internal error: 500, INTERNAL.
    case `internal`
    /// The feature is not supported: 501, UNIMPLEMENTED.
    case unimplemented
    /// The queue is full, the model is not ready, or the server is shutting down: 503 with
    /// Retry-After, UNAVAILABLE.
    case unavailable
    /// The request did not begin before its deadline: 504, DEADLINE_EXCEEDED.
    case deadlineExceeded
    /// The model exceeded its memory or time limit: 507, RESOURCE_EXHAUSTED.
    case limitExceeded
  }

  /// The kind of the error.
  public var kind: Kind
  /// The message, on one line.
  public var reason: String
  /// For `.unavailable`: the number of seconds after which a retry is useful.
  public var retryAfter: Int?

  /// Creates an error.
  public init(_ kind: Kind, _ reason: String, retryAfter: Int? = nil) {
    (self.kind, self.reason, self.retryAfter) = (kind, reason, retryAfter)
  }

  /// Converts an error of Infold to an error for the client of a request.
  ///
  /// The path of the file is omitted, since paths of the server should not be revealed to clients.
  public init(_ error: InfoldError) {
    var error = error
    error.file = nil
    let kind: Kind =
      switch error.code {
      // A served model runs with some shapes, so with others it is the request that is invalid.
      case .invalidArgument, .malformedData, .invalidModel: .invalidArgument
      case .limitExceeded: .limitExceeded
      case .cancelled: .cancelled
      case .unsupported: .unimplemented
      default: .internal
      }
    self.init(kind, error.description)
  }

  /// The HTTP status.
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

  /// The gRPC status code.
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
  /// The string on one line, without control characters, and truncated to 200 characters, for
  /// messages.
  package var printable: String {
    let characters = unicodeScalars.prefix(200).map { scalar in
      scalar.properties.generalCategory == .control ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return characters.joined() + (unicodeScalars.count > 200 ? "…" : "")
  }
}
