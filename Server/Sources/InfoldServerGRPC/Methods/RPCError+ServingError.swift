import GRPCCore
import InfoldServing

extension RPCError {
  /// The status of a failed request. If a retry is useful, its metadata contains the delay.
  init(_ error: ServingError) {
    let code = Status.Code(rawValue: error.grpcCode).flatMap { RPCError.Code($0) }
    var metadata = Metadata()
    if let seconds = error.retryAfter { metadata.addString("\(seconds * 1000)", forKey: "grpc-retry-pushback-ms") }
    self.init(code: code ?? .unknown, message: error.reason, metadata: metadata)
  }

  /// The status of a call that threw an error.
  init(caught error: any Error, _ deadline: Deadline) {
    switch error {
    case let error as ServingError where error.kind == .cancelled && deadline.isOver:
      self.init(code: .deadlineExceeded, message: "the deadline has passed")
    case let error as ServingError: self.init(error)
    case let error as RPCError: self = error
    case is CancellationError: self.init(code: .cancelled, message: "the call was cancelled")
    default: self.init(code: .unknown, message: "the call could not be received", cause: error)
    }
  }
}
