import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Infold
import InfoldServerGRPC
import InfoldServing
import Logging
import OpenInferenceGRPC
import ServiceLifecycle
import Synchronization

/// A server on a free port, for one test.
struct TestServer: Sendable {
  typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

  let service: InferenceService
  let port: Int
  let client: Client
  let group: ServiceGroup

  var inference: Inference_GRPCInferenceService.Client<HTTP2ClientTransport.Posix> { .init(wrapping: client) }
  var health: Grpc_Health_V1_Health.Client<HTTP2ClientTransport.Posix> { .init(wrapping: client) }

  /// Shuts the server down when all calls are answered.
  func shutDown() async { await group.triggerGracefulShutdown() }

  /// The folder `Server/Tests`.
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  /// The repository of models that all tests use.
  static let models = ModelSource.repository(folder.appending(path: "Models").path)

  /// Starts a server with models, and calls `body` with it.
  static func run(
    models: [ModelSource] = [models], settings: ModelSettings = ModelSettings(), threads: Int = 2, loads: Bool = true,
    requestBytesLimit: Int = 1 << 30,
    security: HTTP2ClientTransport.Posix.TransportSecurity = .plaintext,
    _ configure: (inout GRPCOptions) throws -> Void = { _ in },
    _ body: @escaping @Sendable (TestServer) async throws -> Void
  ) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let metrics = ServingMetrics()
    let repository = ModelRepository(
      .init(sources: models, settings: settings, threads: threads), metrics: metrics, logger: logger)
    let service = InferenceService(
      repository: repository, scheduler: Scheduler(threads: threads), metrics: metrics,
      requestBytesLimit: requestBytesLimit)
    if loads { try await repository.loadAll() }
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var options = GRPCOptions(port: 0)
    options.didBeginListening = { continuation.yield($0) }
    try configure(&options)
    let server = try GRPCInferenceServer(service, options)
    let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let port = await ports.first { _ in true }!
      try await withGRPCClient(
        transport: .http2NIOPosix(target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: security)
      ) { client in
        try await body(TestServer(service: service, port: port, client: client, group: group))
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }
}

/// The error that an asynchronous call throws; `nil` if it throws none.
func rpcError<Output>(_ body: () async throws -> Output) async throws -> RPCError? {
  do {
    _ = try await body()
    return nil
  } catch let error as RPCError {
    return error
  }
}
