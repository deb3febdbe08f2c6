import GRPCCore
import GRPCNIOTransportHTTP2Posix
import InfoldEventLoops
public import InfoldServing
import NIOCore
public import ServiceLifecycle

/// A server of the Open Inference Protocol over gRPC.
///
/// On a graceful shutdown, it accepts no new connections, asks clients to send no more calls,
/// answers pending calls, and ends.
public struct GRPCInferenceServer: Service {
  private let server: GRPCServer<HTTP2ServerTransport.Posix>
  private let isStopping = StopFlag()
  private let didBeginListening: (@Sendable (Int) -> Void)?
  /// Runs calls on the event loops of their connections.
  private let executor: EventLoopGroupExecutor

  /// Creates a server that does not listen yet.
  /// - Throws: Errors about the certificates.
  public init(_ service: InferenceService, _ options: GRPCOptions = GRPCOptions()) throws {
    let calls = CallHandling(options, isStopping)
    server = GRPCServer(
      transport: HTTP2ServerTransport.Posix(
        address: try Self.address(options), transportSecurity: try Self.security(options),
        config: Self.configuration(options, service.requestBytes),
        eventLoopGroup: options.eventLoopGroup),
      services: [
        InferenceMethods(service: service, calls: calls), RepositoryMethods(service: service, calls: calls),
        HealthMethods(service: service, calls: calls, isStopping: isStopping),
      ])
    didBeginListening = options.didBeginListening
    executor = EventLoopGroupExecutor(options.eventLoopGroup)
  }

  /// Serves until the server is told to shut down and all calls are answered.
  /// - Throws: `RuntimeError` if the address is not available.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      if let didBeginListening {
        group.addTask { [server] in
          // If there is no address, serving throws.
          guard let address = try? await server.transport.listeningAddress else { return }
          didBeginListening(address.ipv4?.port ?? address.ipv6?.port ?? 0)
        }
      }
      group.addTask(executorPreference: executor) { [server, isStopping] in
        do {
          try await withGracefulShutdownHandler {
            try await server.serve()
          } onGracefulShutdown: {
            isStopping.set()
            server.beginGracefulShutdown()
          }
        } catch let error as RuntimeError where error.code == .serverIsStopped && isStopping.isSet {
          // The server was told to stop before it began.
        }
      }
      try await group.waitForAll()
    }
  }

  /// Resolves the address of a host.
  private static func address(_ options: GRPCOptions) throws -> GRPCNIOTransportCore.SocketAddress {
    let address = try NIOCore.SocketAddress.makeAddressResolvingHost(options.host, port: options.port)
    let host = address.ipAddress ?? options.host
    return address.protocol == .inet6 ? .ipv6(host: host, port: options.port) : .ipv4(host: host, port: options.port)
  }

  private static func security(_ options: GRPCOptions) throws -> HTTP2ServerTransport.Posix.TransportSecurity {
    guard let tls = options.tls else { return .plaintext }
    guard let authorities = tls.clientCertificateAuthorities else {
      return try .tls(certificateReloader: tls.certificates)
    }
    return try .mTLS(certificateReloader: tls.certificates) {
      $0.trustRoots = .certificates([.file(path: authorities, format: .pem)])
    }
  }

  private static func configuration(
    _ options: GRPCOptions, _ budget: RequestBytes
  ) -> HTTP2ServerTransport.Posix.Config {
    .defaults { config in
      // Tensors are large. Large frames and windows let clients send them in few pieces without
      // waiting.
      config.http2.maxFrameSize = 1 << 20
      config.http2.targetWindowSize = 8 << 20
      config.http2.maxConcurrentStreams = options.callLimit
      config.rpc.maxRequestPayloadSize = options.largestMessage
      config.compression.enabledAlgorithms = [.gzip, .deflate]
      // Responses are sent immediately.
      config.connection.flushCoalescing = nil
      config.connection.keepalive.time = options.keepaliveInterval
      config.connection.keepalive.timeout = options.keepaliveTimeout
      config.connection.keepalive.clientBehavior.allowWithoutCalls = true
      config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = options.shortestPingInterval
      let connections = ConnectionCount(limit: options.connectionLimit)
      let silenceLimit = TimeAmount(options.keepaliveInterval + options.keepaliveTimeout)
      let receiveLimit = TimeAmount(options.receiveLimit)
      config.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
        guard connections.add(channel) else {
          channel.close(promise: nil)
          return channel.eventLoop.makeSucceededVoidFuture()
        }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(IdleConnectionHandler(limit: silenceLimit), position: .first)
        }
      }
      config.channelDebuggingCallbacks.onAcceptHTTP2Stream = { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            CallLimitHandler(receiveLimit: receiveLimit, budget: budget), position: .first)
        }
      }
    }
  }
}
