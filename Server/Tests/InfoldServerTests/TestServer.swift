import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Infold
import InfoldServer
import Logging
import NIOCore
import NIOPosix
import ServerTestSupport

/// A REST server for the models of a folder.
struct TestServer {
  let test: TestService
  let rest: RESTServer

  init(
    settings: ModelSettings = ModelSettings(), requestBytesLimit: Int = 1 << 30,
    _ change: (inout RESTServer.Options) throws -> Void = { _ in },
    _ fill: (TestModels) throws -> Void
  ) async throws {
    test = try await TestService(settings: settings, requestBytesLimit: requestBytesLimit, fill)
    var options = RESTServer.Options()
    try change(&options)
    rest = RESTServer(test.service, registry: test.registry, options: options)
  }

  private var application: some ApplicationProtocol {
    rest.application(
      rest.router(), eventLoops: MultiThreadedEventLoopGroup.singleton,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Runs `body` with a client without a connection.
  func withRoutes<Output: Sendable>(_ body: @Sendable (any TestClientProtocol) async throws -> Output) async throws
    -> Output
  {
    try await application.test(.router, body)
  }

  /// Runs `body` with a client over a socket.
  func withSockets<Output: Sendable>(_ body: @Sendable (any TestClientProtocol) async throws -> Output) async throws
    -> Output
  {
    try await application.test(.live, body)
  }
}

extension TestClientProtocol {
  /// What the server answers.
  func answer(
    _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, headers: HTTPFields = [:]
  ) async throws -> TestResponse {
    try await execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
  }

  /// The server's response to bytes.
  func answer(_ path: String, bytes: ByteBuffer, headers: HTTPFields = [:]) async throws -> TestResponse {
    try await execute(uri: path, method: .post, headers: headers, body: bytes)
  }
}

extension TestResponse {
  var text: String { String(buffer: body) }

  /// The reason of an error.
  var error: String? {
    struct Answer: Decodable { let error: String }
    return try? JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView)).error
  }

  /// The body as JSON.
  func json<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(body.readableBytesView))
  }
}
