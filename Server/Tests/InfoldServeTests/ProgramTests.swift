import Foundation
import Infold
import ServerTestSupport
import Testing

/// The options and signals of the program, and when it ends.
@Suite struct ProgramTests {
  private static let request = {
    let body = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}"
    return "POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }()

  private func models() throws -> TestModels {
    let models = try TestModels()
    try models.add(TestModels.scaling(by: 2), as: "m.onnx")
    return models
  }

  @Test func help() async throws {
    let (status, _, output) = try await Program(["--help"]).end()
    #expect(status == 0)
    for flag in ["--models", "--http-port", "--grpc-port", "--tls-certificate", "--token-file", "--drain-delay"] {
      #expect(output.contains(flag))
    }
  }

  @Test(arguments: [
    [], ["--models"], ["--models", "/nowhere", "--http-port", "0"], ["--model", "m"],
    ["--model", "m=/nowhere.onnx", "--http-port", "0"], ["stray"],
    ["--models", "/tmp", "--port", "1"], ["--models", "/tmp", "--http-port", "70000"],
    ["--models", "/tmp", "--http-port", "x"],
    ["--models", "/tmp", "--precision", "best"], ["--models", "/tmp", "--tls-key", "/nowhere"],
    ["--models", "/tmp", "--token-file", "/nowhere"], ["--models", "/tmp", "--config", "/nowhere"],
    ["--models", "/tmp", "--log-level", "loud"], ["--models", "/tmp", "--drain-delay", "-1"],
  ]) func wrongOptions(arguments: [String]) async throws {
    let (status, errors, _) = try await Program(arguments + ["--grpc", "false"]).end()
    #expect(status == 2)
    #expect(errors.contains("infold-serve: error: "), "\(errors)")
  }

  @Test func aModelThatCannotBeLoaded() async throws {
    let models = try models()
    try models.add("no model", as: "broken.onnx")
    let arguments = ["--models", models.folder, "--http-port", "0", "--grpc", "false"]
    let (status, errors, _) = try await Program(arguments).end()
    #expect(status == 2 && errors.contains("broken.onnx"))
    let program = try Program(arguments + ["--keep-going", "true"])
    let port = try #require(await program.port())
    #expect(await program.says("a model could not be loaded"))
    let ready = "GET /v2/models/m/ready HTTP/1.1\r\nHost: localhost\r\n\r\n"
    #expect(try await Client(port: port).requests(ready) { $0 < 1 }.statuses == [200])
    program.signal(SIGTERM)
    #expect(await program.end().status == 0)
  }

  /// No request in progress is lost, and the program ends on its own.
  @Test func endsUnderLoad() async throws {
    let models = try models()
    try models.add("{\"maximumConnections\": 100, \"accessLog\": false}", as: "server.json")
    let program = try Program([
      "--models", models.folder, "--http-port", "0", "--grpc", "false", "--config", models.folder + "/server.json",
    ])
    let port = try #require(await program.port())
    #expect(await program.says("ready"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let (statuses, isLost) = try await Client(port: port).requests(Self.request) { count in
            if count == 20 { program.signal(SIGTERM) }
            return true
          }
          #expect(!isLost && statuses.count >= 1 && statuses.allSatisfy { $0 == 200 })
        }
      }
      try await group.waitForAll()
    }
    let (status, errors, output) = await program.end()
    #expect(status == 0, "\(errors)")
    #expect(output.isEmpty)
  }

  /// New models are loaded after SIGHUP.
  @Test func readsAgain() async throws {
    let models = try models()
    try models.add("secret\n", as: "tokens.txt")
    let program = try Program([
      "--models", models.folder, "--http-port", "0", "--grpc", "false", "--token-file", models.folder + "/tokens.txt",
    ])
    let port = try #require(await program.port())
    #expect(await program.says("ready"))
    func status(_ model: String, _ token: String) async throws -> [Int] {
      let request =
        "GET /v2/models/\(model)/ready HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n"
      return try await Client(port: port).requests(request) { $0 < 1 }.statuses
    }
    #expect(try await status("m", "secret") == [200])
    #expect(try await status("n", "secret") == [404])
    #expect(try await status("m", "other") == [401])
    try models.add(TestModels.scaling(by: 3), as: "n.onnx")
    try models.add("other\n", as: "tokens.txt")
    program.signal(SIGHUP)
    #expect(await program.says("reloaded"))
    #expect(try await status("n", "other") == [200])
    #expect(try await status("m", "secret") == [401])
    program.signal(SIGTERM)
    let (code, _, output) = await program.end()
    #expect(code == 0)
    #expect(
      output.split(separator: "\n").count == 5 && output.contains("\"path\":\"/v2/models/n/ready\",\"status\":200"))
  }
}
