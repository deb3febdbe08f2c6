import Foundation
import HTTPTypes
import HummingbirdTesting
import Infold
import InfoldServer
import NIOCore
import NIOPosix
import NIOSSL
import ServerTestSupport
import Synchronization
import Testing

/// The behavior of clients on sockets, including hostile ones.
@Suite struct SocketTests {
  /// A connection to which the test writes raw bytes.
  private struct Connection {
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    init(_ port: Int, tls: TLSConfiguration? = nil) async throws {
      channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port) { channel in
          channel.eventLoop.makeCompletedFuture {
            if let tls {
              let context = try NIOSSLContext(configuration: tls)
              try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
            }
            return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
              wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
          }
        }
    }

    /// Writes a text, and reads until the server closes the connection, or `count` occurrences of `end` have been received.
    func answer(_ text: String, until end: String? = nil, count: Int = 1) async throws -> String {
      let answer = Mutex("")
      do {
        try await channel.executeThenClose { inbound, outbound in
          try await outbound.write(ByteBuffer(string: text))
          for try await part in inbound {
            let soFar = answer.withLock { answer in
              answer += String(buffer: part)
              return answer
            }
            if let end, soFar.components(separatedBy: end).count > count { break }
          }
        }
        // The server may close the connection before it has received everything.
      } catch is IOError {} catch is ChannelError {}
      return answer.withLock { $0 }
    }
  }

  private static let inference =
    "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}"

  private static func post(_ path: String, _ body: String, length: Int? = nil, headers: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)Content-Length: \(length ?? body.utf8.count)\r\n\r\n\(body)"
  }

  private func server(_ change: (inout RESTServer.Options) throws -> Void = { _ in }) async throws -> TestServer {
    try await TestServer(change) { try $0.add(TestModels.scaling(by: 2), as: "m.onnx") }
  }

  @Test func requestsBehindOneAnother() async throws {
    try await server().withSockets { client in
      let port = try #require(client.port)
      let request = Self.post("/v2/models/m/infer", Self.inference)
      let answer = try await Connection(port).answer(request + request, until: "[2.0,4.0,6.0,8.0]", count: 2)
      #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
    }
  }

  @Test func continues() async throws {
    try await server().withSockets { client in
      let request = Self.post(
        "/v2/models/m/infer", Self.inference, headers: "Expect: 100-continue\r\nConnection: close\r\n")
      let answer = try await Connection(#require(client.port)).answer(request)
      #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"))
    }
  }

  /// Clients that send nothing, or an incomplete request, are disconnected, and no other client has to wait.
  @Test(arguments: ["", "GET /v2 HT", "POST /v2/models/m/infer HTTP/1.1\r\nContent-Length: 100\r\n\r\n{\"inp"])
  func slowClients(text: String) async throws {
    let timeouts = ConnectionTimeouts(header: .seconds(2), body: .seconds(2), idle: .seconds(2))
    try await server { $0.timeouts = timeouts }.withSockets { client in
      let port = try #require(client.port)
      async let slow = Connection(port).answer(text)
      let quick = try await Connection(port).answer(
        Self.post("/v2/models/m/infer", Self.inference), until: "8.0]")
      #expect(quick.hasPrefix("HTTP/1.1 200 OK"))
      #expect(try await !slow.contains("200 OK"))
    }
  }

  @Test func bytesOfStrangers() async throws {
    var random = SplitMix64(seed: 11)
    let texts =
      [
        "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "POST /v2/models/m/infer HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "POST /v2/models/m/infer HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /v2/models/m/infer HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /v2/models/m/infer HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        "GET /v2 HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 5000) + "\r\n",
        "GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\n\r\n",
        "GET /v2/models/%ff%00%2e%2e/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      ]
      + (0..<20).map { _ in
        String(decoding: (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }, as: UTF8.self) + "\r\n\r\n"
      }
    let timeouts = ConnectionTimeouts(header: .seconds(2), body: .seconds(2), idle: .seconds(2))
    try await server { $0.timeouts = timeouts }.withSockets { client in
      let port = try #require(client.port)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for text in texts {
          group.addTask {
            let answer = try await Connection(port).answer(text)
            #expect(!answer.contains("HTTP/1.1 2") && !answer.contains("HTTP/1.1 500"), "\(text.prefix(100))")
          }
        }
        try await group.waitForAll()
      }
      #expect(try await client.answer(.get, "/v2/health/ready").status == .ok)
    }
  }

  /// A request whose client has disconnected is not started.
  @Test func clientsThatGo() async throws {
    var settings = ModelSettings()
    settings.longestDelay = 60
    let server = try await TestServer(settings: settings) { try $0.add(TestModels.images(), as: "m.onnx") }
    try await server.withSockets { client in
      let port = try #require(client.port)
      let numbers = Array(repeating: "0", count: 16 * 24 * 24).joined(separator: ",")
      let body = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,16,24,24],\"datatype\":\"FP32\",\"data\":[\(numbers)]}]}"
      let connection = try await Connection(port)
      try await connection.channel.executeThenClose { _, outbound in
        try await outbound.write(ByteBuffer(string: Self.post("/v2/models/m/infer", body)))
        while server.test.service.scheduler.waitingCount == 0 { try await Task.sleep(for: .milliseconds(1)) }
      }
      while server.test.service.scheduler.waitingCount > 0 { try await Task.sleep(for: .milliseconds(1)) }
      let text = server.test.service.metricsText(of: server.test.registry)
      #expect(text.contains("infold_batch_size_count{model=\"m\"} 0"))
    }
  }

  @Test func certificatesThatChange() async throws {
    let files = try TestModels()
    @Sendable func put(_ identity: TestCertificates.Identity) throws {
      try files.add(identity.certificate, as: "certificate.pem")
      try files.add(identity.key, as: "key.pem")
    }
    try put(TestCertificates.first)
    try files.add(TestCertificates.client.certificate, as: "clients.pem")
    let tls = try ReloadableTLS(
      TLSFiles(
        certificate: files.folder + "/certificate.pem", key: files.folder + "/key.pem",
        clientAuthorities: files.folder + "/clients.pem"))
    try await server { $0.tls = tls }.withSockets { client in
      let port = try #require(client.port)
      func configuration(_ trusted: TestCertificates.Identity, shows own: Bool = true) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        let certificates = try NIOSSLCertificate.fromPEMBytes(Array(trusted.certificate.utf8))
        configuration.trustRoots = .certificates(certificates)
        configuration.certificateVerification = .noHostnameVerification
        guard own else { return configuration }
        let shown = try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.client.certificate.utf8))
        configuration.certificateChain = shown.map { .certificate($0) }
        configuration.privateKey = .privateKey(
          try NIOSSLPrivateKey(bytes: Array(TestCertificates.client.key.utf8), format: .pem))
        return configuration
      }
      func answer(_ configuration: TLSConfiguration) async -> String {
        let request = "GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return (try? await Connection(port, tls: configuration).answer(request, until: "true}")) ?? ""
      }
      #expect(try await answer(configuration(TestCertificates.first)).contains("200 OK"))
      #expect(try await !answer(configuration(TestCertificates.first, shows: false)).contains("200 OK"))
      try put(TestCertificates.second)
      try tls.reload()
      #expect(try await answer(configuration(TestCertificates.second)).contains("200 OK"))
      #expect(try await !answer(configuration(TestCertificates.first)).contains("200 OK"))
      // Invalid files leave the previous certificate in use.
      try files.add("no certificate", as: "certificate.pem")
      #expect(throws: InfoldError.self) { try tls.reload() }
      #expect(try await answer(configuration(TestCertificates.second)).contains("200 OK"))
    }
  }
}
