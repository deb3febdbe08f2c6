public import Hummingbird
import HummingbirdCore
import HTTPTypes
public import InfoldServing
public import Logging
public import NIOCore
import Tracing

/// The REST server of `infold-serve`.
public struct RESTServer: Sendable {
  /// How it is reached, and what clients may do.
  public struct Options: Sendable {
    /// The address.
    public var host = "127.0.0.1"
    /// The port; 0 for any that is free.
    public var port = 8000
    /// What requests may cost.
    public var limits = InferenceRoutes.Limits()
    /// The most bytes of a header.
    public var headerLimit = 16 << 10
    /// The most connections at a time; others wait until one is closed.
    public var connectionLimit = 1024
    /// How long clients may take.
    public var timeouts = ConnectionTimeouts()
    /// TLS, where connections are encrypted.
    public var tls: ReloadableTLS?
    /// Whether a header `Authorization` lets a request in; `nil` where nobody asks.
    public var authorization: (@Sendable (String?) -> Bool)?
    /// Who writes down what was asked.
    public var accessLog: AccessLog?

    /// The options that hold where nothing else is said.
    public init() {}
  }

  let service: InferenceService
  let registry: PrometheusRegistry
  let options: Options

  /// A server.
  public init(_ service: InferenceService, registry: PrometheusRegistry, options: Options) {
    (self.service, self.registry, self.options) = (service, registry, options)
  }

  /// Everything that it answers. Requests are traced where `InstrumentationSystem` has been bootstrapped before.
  public func router() -> Router<ServerRequestContext> {
    let router = Router(context: ServerRequestContext.self)
    // Spans that nobody gets are not made: they would also make three writes of every answer.
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

  /// The app.
  /// - Parameters:
  ///   - router: What it answers: `router()`, with more if need be.
  ///   - running: Called when it listens.
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
