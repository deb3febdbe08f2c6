import Infold
import InfoldServing
import ServerTestSupport
import Testing

@Suite struct RepositoryTests {
  private func ones() throws -> Tensor { try Tensor(repeating: 1 as Float, shape: [1, 4]) }

  private func factor(_ test: TestService, _ model: String, version: String? = nil) async throws -> Float {
    let request = InferenceRequest(
      modelName: model, modelVersion: version, inputs: [.init(name: "x", tensor: try ones())])
    return try await test.service.infer(request).outputs[0].tensor.element(at: 0, 0, as: Float.self)
  }

  @Test func layoutsOfFolders() async throws {
    let test = try await TestService { models in
      try models.add(TestModels.scaling(by: 2), as: "file.onnx")
      try models.add(TestModels.scaling(by: 3), as: "folder/model.onnx")
      try models.add(TestModels.scaling(by: 4), as: "versions/2/model.onnx")
      try models.add(TestModels.scaling(by: 5), as: "versions/10/model.onnx")
      try models.add(TestModels.scaling(by: 6), as: "all/1/model.onnx")
      try models.add(TestModels.scaling(by: 7), as: "all/2/model.onnx")
      try models.add("{\"allVersions\": true}", as: "all/serving.json")
      try models.add("no model", as: "README.md")
    }
    #expect(try await factor(test, "file") == 2)
    #expect(try await factor(test, "folder") == 3)
    #expect(try await factor(test, "versions") == 5)
    #expect(try await factor(test, "all") == 7)
    #expect(try await factor(test, "all", version: "1") == 6)
    #expect(try await factor(test, "all", version: "") == 7)
    #expect(test.service.repository.readyVersions(ofModel: "all") == ["1", "2"])
    #expect(throws: ServingError.self) { try test.service.repository.model(named: "versions", version: "2") }
    #expect(test.service.isReady)
    let inputs = try test.service.metadata(ofModel: "file").inputs
    #expect(inputs.map(\.name) == ["x"] && inputs[0].datatype == .float32 && inputs[0].shape == [-1, 4])
  }

  /// A model that cannot be reloaded continues unchanged, and the index gives the reason.
  @Test func failingLoadLeavesTheOldModel() async throws {
    let test = try await TestService { try $0.add(TestModels.scaling(by: 2), as: "m/1/model.onnx") }
    try test.models.add("this is no model", as: "m/1/model.onnx")
    let failure = await #expect(throws: ServingError.self) { try await test.service.repository.load("m") }
    #expect(failure?.kind == .invalidArgument)
    #expect(failure?.reason.contains(test.models.folder) == false)
    #expect(try await factor(test, "m") == 2)
    let entry = try #require(test.service.repository.index().first)
    #expect(entry.state == .ready && !entry.reason.isEmpty)
    try test.models.add(TestModels.scaling(by: 3), as: "m/1/model.onnx")
    try await test.service.repository.load("m")
    #expect(try await factor(test, "m") == 3)
    #expect(test.service.repository.index().first?.reason == "")
  }

  @Test func modelsComeAndGo() async throws {
    let test = try await TestService { try $0.add(TestModels.scaling(by: 2), as: "a.onnx") }
    try test.models.add(TestModels.scaling(by: 3), as: "b.onnx")
    #expect(test.service.repository.index().map(\.state) == [.ready, .unavailable])
    #expect(test.service.repository.index(readyOnly: true).map(\.name) == ["a"])
    try await test.service.repository.load("b")
    try await test.service.repository.unload("a")
    let failure = await #expect(throws: ServingError.self) { try await factor(test, "a") }
    #expect(failure?.kind == .unavailable)
    #expect(try await factor(test, "b") == 3)
    await #expect(throws: ServingError.self) { try await test.service.repository.load("../b") }
    await #expect(throws: ServingError.self) { try await test.service.repository.unload("c") }
    try test.models.remove("b.onnx")
    try await test.service.repository.reload()
    #expect(test.service.repository.readyModels.map(\.name) == ["a"])
  }

  /// A run keeps its model, whatever happens to the repository.
  @Test func modelsChangeWhileTheyRun() async throws {
    let test = try await TestService { try $0.add(TestModels.scaling(by: 2), as: "m.onnx") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<50 {
            let factor = try await factor(test, "m")
            #expect(factor == 2 || factor == 3)
          }
        }
      }
      group.addTask {
        for round in 0..<6 {
          try test.models.add(TestModels.scaling(by: round.isMultiple(of: 2) ? 3 : 2), as: "m.onnx")
          try await test.service.repository.load("m")
        }
      }
      try await group.waitForAll()
    }
  }

  @Test(arguments: [
    "{\"largestBatch\": 0}", "{\"largestBatch\": 1.5}", "{\"batch\": 3}", "{\"queueSize\": \"many\"}", "[]", "{",
    "{\"precision\": \"best\"}", "{\"warmUp\": {\"y\": [1, 4]}}", "{\"longestDelay\": -1}",
    "{\"warmUp\": {\"x\": [-1]}}",
  ]) func wrongSettings(text: String) async throws {
    let failure = await #expect(throws: InfoldError.self) {
      _ = try await TestService { models in
        try models.add(TestModels.scaling(by: 2), as: "m/model.onnx")
        try models.add(text, as: "m/serving.json")
      }
    }
    #expect(failure?.file?.hasPrefix("/") == true)
  }

  @Test func clientsMayNotControl() async throws {
    let test = try await TestService(allowsControl: false) { try $0.add(TestModels.scaling(by: 2), as: "m.onnx") }
    for attempt in [test.service.repository.load, test.service.repository.unload] {
      let failure = await #expect(throws: ServingError.self) { try await attempt("m") }
      #expect(failure?.kind == .permissionDenied)
    }
  }

  /// A model is not refused if guessed settings do not suit it, but if explicit ones do not.
  @Test func warmUp() async throws {
    func rows(_ settings: String?) async throws -> TestService {
      try await TestService { models in
        try models.add(TestModels.rows(), as: "m/model.onnx")
        if let settings { try models.add(settings, as: "m/serving.json") }
      }
    }
    let wide = try Tensor(repeating: 1 as Float, shape: [2, 6])
    for settings in [nil, #"{"warmUp": {"x": [2, 2]}}"#, #"{"warmUp": {"x": [2, 6]}, "largestBatch": 1}"#] {
      #expect(try await rows(settings).run("m", wide).shape == [3, 4])
    }
    await #expect(throws: InfoldError.self) { _ = try await rows(#"{"warmUp": {"x": [1, 6]}}"#) }
  }

  /// A request that would exceed the memory limit of all models is refused, and the others continue.
  @Test func memoryThatGrows() async throws {
    let test = try await TestService(memoryLimit: 16 << 20) { models in
      try models.add(TestModels.images(), as: "images.onnx")
      try models.add(TestModels.sums(), as: "sums.onnx")
    }
    func sum(_ count: Int) async throws -> Tensor {
      let numbers = try Tensor(repeating: 1 as Float, shape: [count, 2])
      return try await test.service.infer(
        InferenceRequest(modelName: "sums", inputs: ["a", "b"].map { .init(name: $0, tensor: numbers) })
      ).outputs[0].tensor
    }
    let two = try Tensor(repeating: 2 as Float, shape: [1, 2])
    #expect(try await sum(1) == two)
    let failure = await #expect(throws: ServingError.self) { try await sum(4 << 20) }
    #expect(failure?.kind == .limitExceeded && failure?.httpStatus == 507)
    #expect(try await sum(2).shape == [2, 2])
    #expect(try await test.run("images", TestModels.image(1)).shape == [1, 10])
  }

  /// All models together stay within the limit.
  @Test func memoryOfAllModels() async throws {
    let failure = await #expect(throws: InfoldError.self) {
      _ = try await TestService(memoryLimit: 1) { try $0.add(TestModels.images(), as: "m.onnx") }
    }
    #expect(failure?.code == .limitExceeded)
  }
}
