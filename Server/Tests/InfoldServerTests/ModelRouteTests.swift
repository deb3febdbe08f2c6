import HTTPTypes
import HummingbirdTesting
import Infold
import InfoldImage
import InfoldServer
import NIOCore
import ServerTestSupport
import Testing

@Suite struct ModelRouteTests {
  private func server(_ change: (inout RESTServer.Options) -> Void = { _ in }) async throws -> TestServer {
    try await TestServer(change) { models in
      try models.add(TestModels.scaling(by: 2), as: "m/1/model.onnx")
      try models.add(TestModels.channels(), as: "channels.onnx")
      try models.add("red\ngreen\nblue\n", as: "labels.txt")
      try models.add(
        """
        {"input": "x", "output": "y", "size": [8, 8], "layout": "NCHW", "mean": [0, 0, 0], "standardDeviation": [255, 255, 255],
         "colorOrder": "RGB", "labels": "labels.txt", "scores": "logits"}
        """, as: "channels.json")
    }
  }

  @Test func healthAndMetadata() async throws {
    try await server().withRoutes { client in
      #expect(try await client.answer(.get, "/v2/health/live").text == "{\"live\":true}")
      #expect(try await client.answer(.get, "/v2/health/ready").text == "{\"ready\":true}")
      struct Server: Decodable { let name: String, version: String, extensions: [String] }
      let metadata = try await client.answer(.get, "/v2").json(Server.self)
      #expect(metadata.name == "infold" && metadata.extensions.contains("binary_tensor_data"))
      struct Model: Decodable {
        struct Tensor: Decodable { let name: String, datatype: String, shape: [Int] }
        let name: String, versions: [String], platform: String, inputs: [Tensor], outputs: [Tensor]
      }
      for path in ["/v2/models/m", "/v2/models/m/versions/1"] {
        let model = try await client.answer(.get, path).json(Model.self)
        #expect(model.name == "m" && model.versions == ["1"] && model.platform == "infold_onnx")
        #expect(model.inputs[0].name == "x" && model.inputs[0].datatype == "FP32" && model.inputs[0].shape == [-1, 4])
        #expect(model.outputs[0].name == "y")
        #expect(try await client.answer(.get, path + "/ready").text == "{\"name\":\"m\",\"ready\":true}")
      }
      #expect(try await client.answer(.get, "/v2/models/n").status == .notFound)
      #expect(try await client.answer(.get, "/v2/models/n/ready").status == .notFound)
      #expect(try await client.answer(.get, "/v2/models/m/versions/3").status == .notFound)
      #expect(try await client.answer(.get, "/v2/models").text == "{\"models\":[\"channels\",\"m\"]}")
    }
  }

  @Test func repository() async throws {
    let server = try await server()
    try await server.withRoutes { client in
      struct Entry: Decodable { let name: String, version: String, state: String, reason: String }
      let all = try await client.answer(.post, "/v2/repository/index").json([Entry].self)
      #expect(all.map(\.name) == ["channels", "m"] && all.allSatisfy { $0.state == "READY" && $0.version == "1" })
      #expect(try await client.answer(.post, "/v2/repository/models/m/unload", "{}").status == .ok)
      let ready = try await client.answer(.post, "/v2/repository/index", "{\"ready\": true}").json([Entry].self)
      #expect(ready.map(\.name) == ["channels"])
      let response = try await client.answer(.post, "/v2/models/m/infer", "{}")
      #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] == "1")
      #expect(try await client.answer(.post, "/v2/repository/models/m/load").status == .ok)
      #expect(try await client.answer(.get, "/v2/models/m/ready").status == .ok)
      #expect(try await client.answer(.post, "/v2/repository/models/n/load").status == .notFound)
      #expect(try await client.answer(.post, "/v2/repository/models/%2e%2e%2fm/load").status == .notFound)
      let override = "{\"parameters\": {\"config\": \"{}\"}}"
      #expect(try await client.answer(.post, "/v2/repository/models/m/load", override).status == .notImplemented)
      #expect(try await client.answer(.post, "/v2/repository/index", "{\"ready\": 1}").status == .badRequest)
    }
  }

  @Test func pictures() async throws {
    let server = try await server()
    let picture = try Picture(width: 16, height: 16, pixels: (0..<256).flatMap { _ in [10, 240, 60] as [UInt8] })
    let png = ByteBuffer(bytes: try picture.pngBytes())
    try await server.withRoutes { client in
      struct Answer: Decodable {
        struct Class: Decodable { let index: Int, label: String, probability: Double }
        let model_name: String, classes: [Class]
      }
      let answer = try await client.answer("/v2/models/channels/classify?top=2", bytes: png).json(Answer.self)
      #expect(answer.classes.map(\.label) == ["green", "blue"] && answer.classes[0].probability > 0.4)
      #expect(try await client.answer("/v2/models/channels/classify?top=0", bytes: png).status == .badRequest)
      #expect(try await client.answer("/v2/models/m/classify", bytes: png).status == .badRequest)
      #expect(try await client.answer("/v2/models/n/classify", bytes: png).status == .notFound)
      for wrong in [
        ByteBuffer(), ByteBuffer(string: "no picture"), png.getSlice(at: 0, length: png.readableBytes / 2)!,
      ] {
        #expect(try await client.answer("/v2/models/channels/classify", bytes: wrong).status == .badRequest)
      }
    }
  }

  @Test func tokensAndIDs() async throws {
    let tokens = BearerTokens(["secret"])
    try await server { $0.authorization = { tokens.allow($0) } }.withRoutes { client in
      let refused = try await client.answer(.get, "/v2/models/m")
      #expect(refused.status == .unauthorized && refused.headers[.wwwAuthenticate] == "Bearer")
      #expect(try await client.answer(.get, "/metrics").status == .unauthorized)
      #expect(try await client.answer(.get, "/v2/health/live").status == .ok)
      let id = HTTPField.Name("X-Request-ID")!
      let admitted = try await client.answer(
        .get, "/v2/models/m", headers: [.authorization: "Bearer secret", id: "abc-1"])
      #expect(admitted.status == .ok && admitted.headers[id] == "abc-1")
      let own = try await client.answer(.get, "/v2/health/live", headers: [id: "no spaces"])
      #expect(own.headers[id]?.isEmpty == false && own.headers[id] != "no spaces")
    }
  }

  @Test func metricsAsText() async throws {
    try await server().withRoutes { client in
      let body = "{\"inputs\": [{\"name\": \"x\", \"shape\": [1, 4], \"datatype\": \"FP32\", \"data\": [1, 2, 3, 4]}]}"
      #expect(try await client.answer(.post, "/v2/models/m/infer", body).status == .ok)
      _ = try await client.answer(.post, "/v2/models/m/infer", "{\"inputs\": []}")
      let response = try await client.answer(.get, "/metrics")
      #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
      let lines = Set(response.text.split(separator: "\n").map(String.init))
      for line in [
        "infold_requests_total{model=\"m\",code=\"ok\"} 1",
        "infold_requests_total{model=\"m\",code=\"invalidArgument\"} 1",
        "infold_models_ready 2", "infold_queue_depth{model=\"m\"} 0", "infold_batch_size_count{model=\"m\"} 1",
        "infold_ready 1",
        "infold_http_responses_total{code=\"400\"} 1",
      ] { #expect(lines.contains(line), "\(line)") }
    }
  }
}
