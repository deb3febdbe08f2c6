import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Infold
import InfoldServerGRPC
import InfoldServing
import Logging
import OpenInferenceGRPC
import ServiceLifecycle

/// Measures the overhead of gRPC over a session, on the loopback interface:
/// `swift run -c release measure-grpc MODEL.onnx [CALLS]`.
///
/// The measurement includes the client, which takes about as long as the server.
@main
enum Main {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 1 else { return print("usage: measure-grpc MODEL.onnx [CALLS]") }
    let calls = arguments.count > 2 ? Int(arguments[2]) ?? 1000 : 1000
    let session = try Session(path: arguments[1])
    let inputs = try random(session)
    try measure("Session.run", calls) { _ = try session.run(inputs) }
    try await measureAsync("Session.run, awaited", calls) { _ = try await session.run(inputs) }

    let metrics = ServingMetrics()
    let threads = ProcessInfo.processInfo.activeProcessorCount
    let logger = Logger(label: "measure") { _ in SwiftLogNoOpLogHandler() }
    let repository = ModelRepository(
      .init(sources: [.model(name: "m", path: arguments[1])], threads: threads), metrics: metrics, logger: logger)
    let service = InferenceService(repository: repository, scheduler: Scheduler(threads: threads), metrics: metrics)
    try await repository.loadAll()
    let request = InferenceRequest(
      modelName: "m", inputs: inputs.map { .init(name: $0.key, tensor: $0.value) })
    try await measureAsync("InferenceService.infer", calls) { _ = try await service.infer(request) }

    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var options = GRPCOptions(port: 0)
    options.didBeginListening = { continuation.yield($0) }
    let server = try GRPCInferenceServer(service, options)
    let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var listening = ports.makeAsyncIterator()
      let port = await listening.next()!
      try await withGRPCClient(
        transport: .http2NIOPosix(
          target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext,
          config: .defaults { $0.connection.flushCoalescing = nil })
      ) { client in
        let inference = Inference_GRPCInferenceService.Client(wrapping: client)
        let message = try Inference_ModelInferRequest(inputs)
        try await measureAsync("gRPC, ServerLive", calls) { _ = try await inference.serverLive(.init()) }
        try await measureAsync("gRPC, ModelInfer", calls) { _ = try await inference.modelInfer(message) }
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  /// Random numbers for every input, with 1 for dynamic dimensions.
  private static func random(_ session: Session) throws -> [String: Tensor] {
    var inputs: [String: Tensor] = [:]
    var random = SplitMix64(seed: 1)
    for input in session.inputs where !input.hasDefault {
      let shape = input.type?.shape?.dimensions.map { $0.size ?? 1 } ?? []
      inputs[input.name] = try Tensor(shape: shape, of: Float.self) { elements in
        for index in elements.indices { elements[index] = Float.random(in: -1...1, using: &random) }
      }
    }
    return inputs
  }

  private static func measure(_ what: String, _ count: Int, _ body: () throws -> Void) throws {
    var times: [Duration] = []
    for _ in 0..<count { times.append(try ContinuousClock().measure(body)) }
    report(what, times)
  }

  private static func measureAsync(_ what: String, _ count: Int, _ body: @Sendable () async throws -> Void) async throws
  {
    var times: [Duration] = []
    for _ in 0..<count {
      let begin = ContinuousClock.now
      try await body()
      times.append(ContinuousClock.now - begin)
    }
    report(what, times)
  }

  private static func report(_ what: String, _ times: [Duration]) {
    let sorted = times.sorted()
    func microseconds(_ share: Double) -> String {
      let time = sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
      return String(
        format: "%9.1f µs", Double(time.components.attoseconds) / 1e12 + Double(time.components.seconds) * 1e6)
    }
    print(
      what.padding(toLength: 26, withPad: " ", startingAt: 0), microseconds(0.1), microseconds(0.5), microseconds(0.99))
  }
}

extension Inference_ModelInferRequest {
  fileprivate init(_ tensors: [String: Tensor]) throws {
    self.init()
    modelName = "m"
    for (name, tensor) in tensors {
      inputs.append(.with { ($0.name, $0.datatype, $0.shape) = (name, "FP32", tensor.shape.map(Int64.init)) })
      rawInputContents.append(try tensor.elements(as: Float.self).withUnsafeBytes { Data($0) })
    }
  }
}
