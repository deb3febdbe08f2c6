public import InfoldServing

/// A context of a request that knows when its client goes.
public protocol DisconnectAwareContext {
  /// What is cancelled then; `nil` where nobody watches the connection.
  var cancellation: RequestCancellation? { get }
}
