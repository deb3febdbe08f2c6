public import InfoldServing

/// A request context that detects disconnected clients.
public protocol DisconnectAwareContext {
  /// A cancellation that is triggered when the client disconnects, or `nil` if the connection is
  /// not watched.
  var cancellation: RequestCancellation? { get }
}
