import Foundation
import GRPCCore
import InfoldServerGRPC
import InfoldServing
import OpenInferenceGRPC
import ServerTestSupport
import Synchronization
import Testing

@Suite struct MethodTests {
  @Test func healthAndMetadata() async throws {
    try await TestServer.run { server in
      #expect(try await server.inference.serverLive(.init()).live)
      #expect(try await server.inference.serverReady(.init()).ready)
      #expect(try await server.inference.modelReady(.with { $0.name = "add" }).ready)
      let versions = try await server.inference.modelReady(.with { ($0.name, $0.version) = ("versions", "1") })
      #expect(versions.ready)
      #expect(!(try await server.inference.modelReady(.with { ($0.name, $0.version) = ("add", "2") }).ready))
      #expect(!(try await server.inference.modelReady(.with { $0.name = "nothing" }).ready))

      let metadata = try await server.inference.serverMetadata(.init())
      #expect(metadata.name == "infold")
      #expect(metadata.extensions.contains("model_repository"))

      let add = try await server.inference.modelMetadata(.with { $0.name = "add" })
      #expect(add.name == "add")
      #expect(add.versions == ["1"])
      #expect(add.inputs.map(\.name) == ["a", "b"])
      #expect(add.inputs.map(\.datatype) == ["FP32", "FP32"])
      #expect(add.inputs.map(\.shape) == [[-1, 3], [-1, 3]])
      #expect(add.outputs.map(\.name) == ["sum", "difference"])
      #expect(try await server.inference.modelMetadata(.with { $0.name = "versions" }).versions == ["1", "2"])
      let unknown = try await rpcError { try await server.inference.modelMetadata(.with { $0.name = "nothing" }) }
      #expect(unknown?.code == .notFound)
    }
  }

  @Test func aServerWithoutItsModelsIsNotReady() async throws {
    try await TestServer.run(loads: false) { server in
      let live = try await server.inference.serverLive(.init()).live
      let ready = try await server.inference.serverReady(.init()).ready
      let status = try await server.health.check(.init()).status
      #expect(live && !ready && status == .notServing)
    }
  }

  @Test func repository() async throws {
    let models = try TestModels()
    let add = TestServer.folder.appending(path: "Models/add").path
    try FileManager.default.copyItem(atPath: add, toPath: models.folder + "/mine")
    let (path, broken) = (models.folder, URL(filePath: models.folder + "/mine/1/model.onnx"))
    try await TestServer.run(models: [.repository(path)]) { server in
      let index = try await server.inference.repositoryIndex(.init()).models
      #expect(index.map(\.name) == ["mine"])
      #expect(index.map(\.state) == ["READY"])

      // Triton's clients use this field, and KServe's clients put the name into the first field.
      let unload = Inference_RepositoryModelUnloadRequest.with {
        $0.modelName = "mine"
        $0.parameters = ["unload_dependents": .with { $0.boolParam = true }]
      }
      let unloaded = try await server.inference.repositoryModelUnload(unload)
      #expect(unloaded.isUnloaded && unloaded.modelName == "mine")
      #expect(!(try await server.inference.modelReady(.with { $0.name = "mine" }).ready))
      #expect(try await server.inference.repositoryIndex(.with { $0.ready = true }).models.isEmpty)
      let request = RequestCase.all[0].message(.raw)
      let away = try await rpcError {
        try await server.inference.modelInfer(.with { ($0, $0.modelName) = (request, "mine") })
      }
      #expect(away?.code == .unavailable)
      let loaded = try await server.inference.repositoryModelLoad(.with { $0.repositoryName = "mine" })
      #expect(loaded.isLoaded && loaded.modelName == "mine")
      #expect(try await server.inference.modelReady(.with { $0.name = "mine" }).ready)

      // If a model cannot be loaded, the previous one remains.
      try Data("no model".utf8).write(to: broken)
      let failure = try await rpcError {
        try await server.inference.repositoryModelLoad(.with { $0.modelName = "mine" })
      }
      #expect(failure?.code == .invalidArgument)
      #expect(failure?.message.contains("mine") == true)
      let answer = try await server.inference.modelInfer(.with { ($0, $0.modelName) = (request, "mine") })
      #expect(answer.rawOutputContents.count == 2)

      func load(_ change: (inout Inference_RepositoryModelLoadRequest) -> Void) async throws -> RPCError? {
        let request = Inference_RepositoryModelLoadRequest.with(change)
        return try await rpcError { try await server.inference.repositoryModelLoad(request) }
      }
      #expect(try await load { $0.modelName = "nothing" }?.code == .notFound)
      #expect(try await load { _ in }?.code == .invalidArgument)
      #expect(try await load { ($0.modelName, $0.repositoryName) = ("mine", "other") }?.code == .unimplemented)
      let configured = try await load {
        $0.modelName = "mine"
        $0.parameters = ["config": .with { $0.stringParam = "{}" }]
      }
      #expect(configured?.code == .unimplemented)
      #expect(configured?.message.contains("config") == true)
    }
    withExtendedLifetime(models) {}
  }

  @Test func health() async throws {
    try await TestServer.run { server in
      #expect(try await server.health.check(.init()).status == .serving)
      let service = "inference.GRPCInferenceService"
      #expect(try await server.health.check(.with { $0.service = service }).status == .serving)
      let unknown = try await rpcError { try await server.health.check(.with { $0.service = "other" }) }
      #expect(unknown?.code == .notFound)
      #expect(try await server.health.list(.init()).statuses.keys.sorted() == ["", service])

      // A client that watches the health is notified of the shutdown.
      let seen = try await server.health.watch(.init()) { response in
        var seen: [Grpc_Health_V1_HealthCheckResponse.ServingStatus] = []
        for try await message in response.messages {
          seen.append(message.status)
          if seen.count == 1 { await server.shutDown() }
        }
        return seen
      }
      #expect(seen == [.serving, .notServing])
    }
  }

  @Test func methodsThatAreNotThere() async throws {
    try await TestServer.run { server in
      let error = try await rpcError {
        try await server.client.unary(
          request: ClientRequest(message: Inference_ServerLiveRequest()),
          descriptor: MethodDescriptor(fullyQualifiedService: "inference.GRPCInferenceService", method: "ModelConfig"),
          serializer: Bytes.Serializer(), deserializer: Bytes.Deserializer(), options: .defaults
        ) { try $0.message }
      }
      #expect(error?.code == .unimplemented)
    }
  }

  @Test func tokensAndWhatIsToldOfCalls() async throws {
    let told = Told()
    try await TestServer.run {
      $0.authorizes = { BearerTokens(["secret"]).allow($0) }
      $0.didAnswer = { told.add($0) }
    } _: { server in
      let request = RequestCase.all[0].message(.raw)
      #expect(try await server.inference.serverReady(.init()).ready)
      let refused = try await rpcError { try await server.inference.modelInfer(request) }
      #expect(refused?.code == .unauthenticated)
      let wrong = try await rpcError {
        try await server.inference.modelInfer(request, metadata: ["authorization": "Bearer other"])
      }
      #expect(wrong?.code == .unauthenticated)
      let metadata: Metadata = [
        "authorization": "Bearer secret", "x-request-id": "r1", "traceparent": "00-1234-5678-01",
      ]
      let name = try await server.inference.modelInfer(request, metadata: metadata) { response in
        #expect(response.metadata[stringValues: "x-request-id"].first { _ in true } == "r1")
        return try response.message.modelName
      }
      #expect(name == "add")
    }
    let calls = told.calls.filter { $0.method.hasSuffix("ModelInfer") }
    #expect(calls.map(\.code) == [16, 16, 0])
    #expect(calls.last?.requestID == "r1")
    #expect(calls.last?.traceParent == "00-1234-5678-01")
    #expect(calls.last?.model == "add")
    #expect(calls.last.map { $0.duration > .zero } == true)
  }
}

/// Records what a server has reported about its calls.
final class Told: Sendable {
  private let state = Mutex<[GRPCCall]>([])

  var calls: [GRPCCall] { state.withLock { $0 } }

  func add(_ call: GRPCCall) { state.withLock { $0.append(call) } }
}
