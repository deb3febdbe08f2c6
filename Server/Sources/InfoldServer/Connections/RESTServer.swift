public import Hummingbird
import HummingbirdCore
import HTTPTypes
public import InfoldServing
public import Logging
public import NIOCore
import Tracing

/// The REST server of `infold-serve`.
public struct RESTServer: Sendable {
  /// The address, the limits and the access control of the server.
  public struct Options: Sendable {
    /// The address to listen on.
    public var host = "127.0.0.1"
    /// The port, or 0 for any free port.
    public var port = 8000
    /// The limits of requests.
    public var limits = InferenceRoutes.Limits()
    /// The maximum size of a header in bytes.
    public var headerLimit = 16 << 10
    /// The maximum number of simultaneous connections. Further ones wait until one is closed.
    public var connectionLimit = 1024
    /// The timeouts of clients.
    public var timeouts = ConnectionTimeouts()
    /// The TLS certificates, or `nil` for unencrypted connections.
    public var tls: ReloadableTLS?
    /// Checks the `Authorization` header of a request, or `nil` for no access control.
    public var authorization: (@Sendable (String?) -> Bool)?
    /// The access log, or `nil` for none.
    public var accessLog: AccessLog?

    /// Creates the default options.
    public init() {}
  }

  let service: InferenceService
  let registry: PrometheusRegistry
  let options: Options

  /// Creates a server.
  public init(_ service: InferenceService, registry: PrometheusRegistry, options: Options) {
    (self.service, self.registry, self.options) = (service, registry, options)
  }

  /// All routes of the server. Requests are traced if `InstrumentationSystem` has been bootstrapped
  /// before.
  public func router() -> Router<ServerRequestContext> {
    let router = Router(context: ServerRequestContext.self)
    // Without an instrument, no spans are created. They would also split every response into three
    // writes.
    if !(InstrumentationSystem.instrument is NoOpInstrument) { router.add(middleware: TracingMiddleware()) }
    router.add(middleware: ServingMiddleware(options, registry))
    InferenceRoutes(service, limits: options.limits).add(to: router)
    PageRoutes().add(to: router)
    router.get("metrics") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: service.metricsText(of: registry))))
    }
    return router
  }

  /// The Hummingbird application.
  /// - Parameters:
  ///   - router: `router()`, possibly with additional routes.
  ///   - running: Called when the server listens.
  public func application(
    _ router: Router<ServerRequestContext>, eventLoops: any EventLoopGroup, logger: Logger,
    running: @escaping @Sendable (any Channel) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    Application(
      router: router, server: connections(),
      configuration: ApplicationConfiguration(
        address: .hostname(options.host, port: options.port), serverName: "infold",
        availableConnectionsDelegate: MaximumAvailableConnections(options.connectionLimit)),
      onServerRunning: running, eventLoopGroupProvider: .shared(eventLoops), logger: logger)
  }

  private func connections() -> HTTPServerBuilder {
    let (service, timeouts, tls, headerLimit) = (service, options.timeouts, options.tls, options.headerLimit)
    return HTTPServerBuilder { responder in
      let channel = HTTP1Channel(
        responder: responder,
        configuration: HTTP1Channel.Configuration(
          additionalChannelHandlers: [ConnectionHandler(timeouts) { service.isDraining }],
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: headerLimit, maxHeaderListSize: headerLimit, maxHeaderFieldCount: 200)))
      guard let tls else { return EventLoopChannel(base: channel) }
      return EventLoopChannel(base: ReloadableTLSChannel(base: channel, tls: tls))
    }
  }
}
