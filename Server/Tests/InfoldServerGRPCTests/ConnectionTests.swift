import GRPCCore
import GRPCNIOTransportHTTP2Posix
import InfoldServerGRPC
import NIOCertificateReloading
import NIOCore
import NIOPosix
import NIOSSL
import OpenInferenceGRPC
import ServerTestSupport
import Testing

@Suite struct ConnectionTests {
  private struct Certificates: CertificateReloader {
    let sslContextConfigurationOverride: NIOSSLContextConfigurationOverride

    init(_ identity: TestCertificates.Identity) throws {
      var configuration = NIOSSLContextConfigurationOverride()
      configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.utf8))
        .map { .certificate($0) }
      configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))
      sslContextConfigurationOverride = configuration
    }
  }

  private func trusting(
    _ identity: TestCertificates.Identity, as client: TestCertificates.Identity? = nil
  ) -> HTTP2ClientTransport.Posix.TransportSecurity {
    .tls {
      $0.trustRoots = .certificates([.bytes(Array(identity.certificate.utf8), format: .pem)])
      $0.serverCertificateVerification = .noHostnameVerification
      guard let client else { return }
      $0.certificateChain = [.bytes(Array(client.certificate.utf8), format: .pem)]
      $0.privateKey = .bytes(Array(client.key.utf8), format: .pem)
    }
  }

  @Test func encryption() async throws {
    try await TestServer.run(security: trusting(TestCertificates.first)) {
      $0.tls = .init(certificates: try Certificates(TestCertificates.first))
    } _: { server in
      let live = try await server.inference.serverLive(.init())
      let answer = try await server.inference.modelInfer(RequestCase.all[0].message(.raw))
      #expect(live.live && answer.rawOutputContents.count == 2)
    }
  }

  @Test func certificatesOfClients() async throws {
    let models = try TestModels()
    try models.add(TestCertificates.client.certificate, as: "authorities.pem")
    let path = models.folder + "/authorities.pem"
    func run(_ security: HTTP2ClientTransport.Posix.TransportSecurity, isAnswered: Bool) async throws {
      try await TestServer.run(security: security) {
        $0.tls = .init(certificates: try Certificates(TestCertificates.first), clientCertificateAuthorities: path)
      } _: { server in
        var options = CallOptions.defaults
        options.waitForReady = false
        options.timeout = .seconds(20)
        let error = try await rpcError { try await server.inference.serverLive(.init(), options: options) }
        #expect((error == nil) == isAnswered)
      }
    }
    try await run(trusting(TestCertificates.first, as: TestCertificates.client), isAnswered: true)
    try await run(trusting(TestCertificates.first), isAnswered: false)
    try await run(trusting(TestCertificates.first, as: TestCertificates.second), isAnswered: false)
    withExtendedLifetime(models) {}
  }

  /// Opens a connection that sends nothing.
  private func connect(to server: TestServer) async throws -> any Channel {
    try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: server.port).get()
  }

  @Test func connectionsThatSayNothing() async throws {
    try await TestServer.run {
      $0.keepaliveInterval = .seconds(1)
      $0.keepaliveTimeout = .seconds(1)
    } _: { server in
      let channel = try await connect(to: server)
      try await channel.closeFuture.get()
      // A connection with a call is kept.
      #expect(try await server.inference.serverLive(.init()).live)
    }
  }

  @Test func tooManyConnections() async throws {
    try await TestServer.run {
      $0.connectionLimit = 2
    } _: { server in
      #expect(try await server.inference.serverLive(.init()).live)
      let second = try await connect(to: server)
      let third = try await connect(to: server)
      try await third.closeFuture.get()
      #expect(second.isActive)
      #expect(try await server.inference.serverLive(.init()).live)
      try await second.close()
    }
  }

  @Test func moreThanTheServerHolds() async throws {
    try await TestServer.run(requestBytesLimit: 100_000) { _ in
    } _: { server in
      func echo(_ count: Int) -> Inference_ModelInferRequest { .echo([UInt8](repeating: 7, count: count)) }
      for _ in 0..<3 {
        let refused = try await rpcError { try await server.inference.modelInfer(echo(200_000)) }
        let answer = try await server.inference.modelInfer(echo(90_000))
        #expect(refused?.code == .unavailable && answer.rawOutputContents[0].count == 90_000)
      }
    }
  }
}
