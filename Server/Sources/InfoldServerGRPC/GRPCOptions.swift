public import NIOCertificateReloading
public import NIOPosix

/// The address, the limits and the access control of a gRPC server.
public struct GRPCOptions: Sendable {
  /// TLS options.
  public struct TLS: Sendable {
    /// The server's certificates and key, requested for every connection.
    public var certificates: any CertificateReloader
    /// A PEM file with the certificate authorities of client certificates, or `nil` if clients need
    /// no certificate.
    public var clientCertificateAuthorities: String?

    /// Creates TLS options.
    public init(certificates: any CertificateReloader, clientCertificateAuthorities: String? = nil) {
      self.certificates = certificates
      self.clientCertificateAuthorities = clientCertificateAuthorities
    }
  }

  /// The address to listen on.
  public var host: String
  /// The port, or 0 for any free port.
  public var port: Int
  /// TLS options, or `nil` for unencrypted connections.
  public var tls: TLS?
  /// Checks the `authorization` metadata of a call, or `nil` for no access control. Health checks
  /// are always allowed.
  public var authorizes: (@Sendable (_ authorization: String?) -> Bool)?
  /// The maximum size of a message in bytes.
  public var largestMessage = 64 << 20
  /// The maximum number of simultaneous connections. Further ones are closed immediately.
  public var connectionLimit = 1024
  /// The maximum number of simultaneous calls of a connection. Clients delay further ones.
  public var callLimit = 256
  /// The time within which the message of a call must arrive.
  public var receiveLimit = Duration.seconds(60)
  /// The interval of keepalive pings on idle connections.
  public var keepaliveInterval = Duration.seconds(60)
  /// The timeout of a keepalive ping.
  public var keepaliveTimeout = Duration.seconds(20)
  /// The minimum interval of a client's keepalive pings.
  public var shortestPingInterval = Duration.seconds(10)
  /// Called after every call.
  public var didAnswer: (@Sendable (_ call: GRPCCall) -> Void)?
  /// Called with the port when the server listens.
  public var didBeginListening: (@Sendable (_ port: Int) -> Void)?
  /// The event loops of connections.
  public var eventLoopGroup: MultiThreadedEventLoopGroup

  /// Creates the default options.
  public init(
    host: String = "127.0.0.1", port: Int = 8001,
    eventLoopGroup: MultiThreadedEventLoopGroup = .singletonMultiThreadedEventLoopGroup
  ) {
    self.host = host
    self.port = port
    self.eventLoopGroup = eventLoopGroup
  }
}

/// A completed call.
public struct GRPCCall: Sendable {
  /// The method with its service, such as `inference.GRPCInferenceService/ModelInfer`.
  public var method: String
  /// The address and port of the client.
  public var peer: String
  /// The client's identifier of the request, from `x-request-id`.
  public var requestID: String?
  /// The `traceparent` of W3C Trace Context.
  public var traceParent: String?
  /// The requested model.
  public var model: String?
  /// The gRPC status code.
  public var code: Int
  /// The reason why the call failed.
  public var reason: String?
  /// The time from the first header until the response was ready.
  public var duration: Duration
}
