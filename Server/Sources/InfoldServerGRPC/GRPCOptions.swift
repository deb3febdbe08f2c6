public import NIOCertificateReloading
public import NIOPosix

/// How a gRPC server listens, whom it answers, and what it allows.
public struct GRPCOptions: Sendable {
  /// Encryption.
  public struct TLS: Sendable {
    /// What has the server's certificates and key, and is asked again for every connection.
    public var certificates: any CertificateReloader
    /// A file of PEM with the certificates that those of clients must come from; `nil` where clients need none.
    public var clientCertificateAuthorities: String?

    /// Encryption with these certificates.
    public init(certificates: any CertificateReloader, clientCertificateAuthorities: String? = nil) {
      self.certificates = certificates
      self.clientCertificateAuthorities = clientCertificateAuthorities
    }
  }

  /// The address to listen at.
  public var host: String
  /// The port; 0 for any that is free.
  public var port: Int
  /// Encryption; `nil` for none.
  public var tls: TLS?
  /// Says of what a client has in `authorization` whether it may call; `nil` where everybody may. Health is told to everybody.
  public var authorizes: (@Sendable (_ authorization: String?) -> Bool)?
  /// The largest message that is taken, in bytes.
  public var largestMessage = 64 << 20
  /// The most connections at once; one more is closed as soon as it is there.
  public var connectionLimit = 1024
  /// The most calls at once on a connection. A client waits with one more.
  public var callLimit = 256
  /// How long a call's message may take to arrive.
  public var receiveLimit = Duration.seconds(60)
  /// How often a connection on which nothing happens is asked whether it still works.
  public var keepaliveInterval = Duration.seconds(60)
  /// How long it has for the answer.
  public var keepaliveTimeout = Duration.seconds(20)
  /// How often a client may ask the same.
  public var shortestPingInterval = Duration.seconds(10)
  /// Told of every call when it has been answered.
  public var didAnswer: (@Sendable (_ call: GRPCCall) -> Void)?
  /// Told of the port when the server listens.
  public var didBeginListening: (@Sendable (_ port: Int) -> Void)?
  /// The threads of the network.
  public var eventLoopGroup: MultiThreadedEventLoopGroup

  /// The options that hold where nothing else is said.
  public init(
    host: String = "127.0.0.1", port: Int = 8001,
    eventLoopGroup: MultiThreadedEventLoopGroup = .singletonMultiThreadedEventLoopGroup
  ) {
    self.host = host
    self.port = port
    self.eventLoopGroup = eventLoopGroup
  }
}

/// A call that has been answered.
public struct GRPCCall: Sendable {
  /// The method, with its service: `inference.GRPCInferenceService/ModelInfer`.
  public var method: String
  /// Who called: an address and a port.
  public var peer: String
  /// What the client calls the request in `x-request-id`.
  public var requestID: String?
  /// The `traceparent` of W3C Trace Context.
  public var traceParent: String?
  /// The model that was asked for.
  public var model: String?
  /// The number of the status.
  public var code: Int
  /// Why there is no answer.
  public var reason: String?
  /// How long it took, from the first header until the answer was ready to be sent.
  public var duration: Duration
}
