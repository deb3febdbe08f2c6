public import Hummingbird
public import InfoldServing
public import NIOCore

/// The context of a request to `infold-serve`.
public struct ServerRequestContext: RequestContext, DisconnectAwareContext, RemoteAddressRequestContext {
  public var coreContext: CoreRequestContextStorage
  public let cancellation: RequestCancellation?
  public let remoteAddress: SocketAddress?

  public init(source: Source) {
    coreContext = .init(source: source)
    cancellation = ConnectionWatch.cancellation(of: source.channel)
    remoteAddress = source.channel.remoteAddress
  }
}
