import FoundationEssentials
import HTTPTypes
import HummingbirdTesting
import Infold
import InfoldServer
import NIOCore
import ServerTestSupport
import Testing

@Suite struct InferenceRouteTests {
  private struct Answer<Element: Decodable>: Decodable {
    struct Output: Decodable {
      let name: String
      let datatype: String
      let shape: [Int]
      let data: [Element]
    }
    let id: String?
    let model_name: String
    let model_version: String
    let outputs: [Output]
  }

  @Test func answersInJSON() async throws {
    let server = try await TestServer { try $0.add(TestModels.sums(), as: "m.onnx") }
    try await server.withRoutes { client in
      let body = """
        {"id": "7", "unknown": [{"a": null}], "inputs": [
          {"data": [[1, 2.5], [-3e1, 0.25]], "name": "a", "shape": [2, 2], "datatype": "FP32"},
          {"name": "b", "shape": [2, 2], "datatype": "FP32", "parameters": {"x": true}, "data": [1, 1, 1, 1]}]}
        """
      let response = try await client.answer(.post, "/v2/models/m/infer", body)
      #expect(response.status == .ok && response.headers[.contentType] == "application/json")
      let answer = try response.json(Answer<Float>.self)
      #expect(answer.id == "7" && answer.model_name == "m" && answer.model_version == "1")
      #expect(answer.outputs.map(\.name) == ["sum", "difference"])
      #expect(answer.outputs.map(\.data) == [[2, 3.5, -29, 1.25], [0, 1.5, -31, -0.75]])
      #expect(answer.outputs[0].shape == [2, 2] && answer.outputs[0].datatype == "FP32")

      let one = String(body.dropLast()) + ", \"outputs\": [{\"name\": \"difference\"}]}"
      let other = try await client.answer(.post, "/v2/models/m/versions/1/infer", one).json(Answer<Float>.self)
      #expect(other.outputs.map(\.name) == ["difference"])
    }
  }

  /// Elements are preserved when they are sent and returned as JSON, including the extremes of their types.
  @Test func elementsOfAllTypes() async throws {
    func check<Element: TensorElement & Codable & Equatable>(_ elements: [Element], _ datatype: String, _ text: String)
      async throws
    {
      let server = try await TestServer { try $0.add(TestModels.identity(Element.elementType), as: "m.onnx") }
      try await server.withRoutes { client in
        let body = """
          {"inputs": [{"name": "x", "shape": [\(elements.count)], "datatype": "\(datatype)", "data": [\(text)]}]}
          """
        let response = try await client.answer(.post, "/v2/models/m/infer", body)
        #expect(response.status == .ok, "\(response.text)")
        let output = try response.json(Answer<Element>.self).outputs[0]
        #expect(output.data == elements && output.datatype == datatype)
      }
    }
    try await check([true, false], "BOOL", "true, false")
    try await check([UInt8.max, 0], "UINT8", "255, 0")
    try await check([Int8.min, .max], "INT8", "-128, 127")
    try await check([UInt16.max, 0], "UINT16", "65535, -0")
    try await check([Int16.min, .max], "INT16", "-32768, 32767")
    try await check([UInt32.max, 0], "UINT32", "4294967295, 0")
    try await check([Int32.min, .max], "INT32", "-2147483648, 2147483647")
    try await check([UInt64.max, 0], "UINT64", "18446744073709551615, 0")
    try await check([Int64.min, .max], "INT64", "-9223372036854775808, 9223372036854775807")
    try await check(
      [0.1 as Float, -0, 1e-45, .greatestFiniteMagnitude, 16_777_217, 123_456.789], "FP32",
      "0.1, -0.0, 1e-45, 3.4028234663852886e38, 16777217, 1.23456789E5")
    try await check(
      [0.1, 5e-324, .greatestFiniteMagnitude, 0.30000000000000004], "FP64",
      "0.1, 5e-324, 1.7976931348623157e+308, 0.300000000000000044408920985006")
  }

  /// JSON numbers are parsed like the standard library does.
  @Test func numbersAreNearest() async throws {
    var random = SplitMix64(seed: 3)
    let texts = (0..<4000).map { index in
      switch index % 4 {
      case 0: Float(bitPattern: UInt32.random(in: 0..<0x7f80_0000, using: &random)).description
      case 1: Double(Float.random(in: -1...1, using: &random)).description
      case 2: "\(Int.random(in: -1_000_000...1_000_000, using: &random))e\(Int.random(in: -30...25, using: &random))"
      default:
        // Close to halfway between two floats.
        (Double(Float.random(in: 1...2, using: &random)) + 0x1p-24 + Double(Int.random(in: -1...1, using: &random))
          * 0x1p-52)
          .description
      }
    }
    let server = try await TestServer { try $0.add(TestModels.identity(.float32), as: "m.onnx") }
    try await server.withRoutes { client in
      let list = texts.joined(separator: ",")
      let body = "{\"inputs\":[{\"name\":\"x\",\"shape\":[4000],\"datatype\":\"FP32\",\"data\":[\(list)]}]}"
      let answer = try await client.answer(.post, "/v2/models/m/infer", body).json(Answer<Float>.self)
      #expect(answer.outputs[0].data == texts.map { Float($0)! })
    }
  }

  @Test func binaryData() async throws {
    let server = try await TestServer { models in
      try models.add(TestModels.sums(), as: "m.onnx")
      try models.add(TestModels.identity(.float16), as: "h.onnx")
    }
    try await server.withRoutes { client in
      let json = """
        {"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}},
        {"name":"b","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],
        "outputs":[{"name":"sum","parameters":{"binary_data":true}},{"name":"difference"}]}
        """
      var body = ByteBuffer(string: json)
      for value in [1, 2, 3, 5] as [Float] { body.writeInteger(value.bitPattern, endianness: .little) }
      let headers: HTTPFields = [.inferenceHeaderContentLength: "\(json.utf8.count)"]
      let response = try await client.answer("/v2/models/m/infer", bytes: body, headers: headers)
      #expect(response.status == .ok && response.headers[.contentType] == "application/octet-stream")
      let length = try #require(response.headers[.inferenceHeaderContentLength].flatMap { Int($0) })
      var rest = response.body
      let head = rest.readString(length: length) ?? ""
      #expect(head.contains("\"binary_data_size\":8") && head.contains("\"data\":[-2.0,-3.0]"))
      #expect(rest.readableBytes == 8)
      #expect(rest.readInteger(endianness: .little, as: UInt32.self) == (4 as Float).bitPattern)

      // All outputs, of a type that JSON does not support.
      let half = """
        {"inputs":[{"name":"x","shape":[1],"datatype":"FP16","parameters":{"binary_data_size":2}}],
        "parameters":{"binary_data_output":true}}
        """
      body = ByteBuffer(string: half)
      body.writeInteger((1.5 as Float16).bitPattern, endianness: .little)
      let answer = try await client.answer(
        "/v2/models/h/infer", bytes: body, headers: [.inferenceHeaderContentLength: "\(half.utf8.count)"])
      #expect(answer.status == .ok && answer.body.readableBytesView.suffix(2).elementsEqual([0x00, 0x3e]))
    }
  }

  @Test(arguments: [
    "", "{", "[]", "{}", "{\"inputs\": 3}", "{\"inputs\": []}", "{\"inputs\": [{}]}",
    "{\"inputs\": [], \"inputs\": []}",
    "{\"inputs\": [{\"name\": \"x\"}]}", "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": [\"a\"]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP99\", \"shape\": [1], \"data\": [1]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"data\": [1, 2, 3]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"data\": [1, 2, 3, 4, 5]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"data\": [1, 2, 3, \"4\"]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"data\": [1, 2, 3, 1e40]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"data\": [1, 2, 3, 04]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"data\": [1, 2, 3, NaN]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"data\": [1, 2, 3, 4,]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [-1, 4], \"data\": []}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [4611686018427387904, 4], \"data\": [1]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [4000000000, 4000000000], \"data\": []}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1e0, 4], \"data\": [1, 2, 3, 4]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP16\", \"shape\": [1, 4], \"data\": [1, 2, 3, 4]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"parameters\": {\"binary_data_size\": 16}}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"parameters\": {\"binary_data_size\": -1}}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"data\": [1, 2, 3, 4]}]} x",
    "{\"inputs\": [{\"name\": \"\\ud800\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"data\": [1, 2, 3, 4]}]}",
    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 4], \"data\": [1, 2, 3, 4]}], \"parameters\": {\"binary_data_output\": 1}}",
  ]) func requestsThatAreWrong(body: String) async throws {
    let server = try await TestServer { try $0.add(TestModels.scaling(by: 2), as: "m.onnx") }
    try await server.withRoutes { client in
      let response = try await client.answer(.post, "/v2/models/m/infer", body)
      #expect(response.status == .badRequest, "\(response.text)")
      #expect(response.error?.isEmpty == false)
    }
  }

  @Test func nestingAndHeadersThatLie() async throws {
    let server = try await TestServer { try $0.add(TestModels.scaling(by: 2), as: "m.onnx") }
    try await server.withRoutes { client in
      let deep = String(repeating: "[", count: 100_000)
      #expect(try await client.answer(.post, "/v2/models/m/infer", "{\"a\": \(deep)").status == .badRequest)
      for (count, again) in [(2, 1), (8, 0), (12, 3), (12, 11)] {
        let members = ((0..<count) + [again]).map { "\"m\($0)\": 1" }.joined(separator: ",")
        let response = try await client.answer(.post, "/v2/models/m/infer", "{\(members)}")
        #expect(response.status == .badRequest && response.error?.contains("duplicate member 'm\(again)'") == true)
      }
      for length in ["-1", "x", "99999999999999999999", "4000"] {
        let response = try await client.answer(
          .post, "/v2/models/m/infer", "{\"inputs\": []}", headers: [.inferenceHeaderContentLength: length])
        #expect(response.status == .badRequest)
      }
      let brotli = try await client.answer(.post, "/v2/models/m/infer", "{}", headers: [.contentEncoding: "br"])
      #expect(brotli.status == .unsupportedMediaType)
      #expect(try await client.answer(.post, "/v2/models/n/infer", "{}").status == .notFound)
      #expect(try await client.answer(.post, "/v2/models/m/versions/2/infer", "{}").status == .notFound)
      let other = try await client.answer(.get, "/nothing")
      #expect(other.status == .notFound && other.error != nil)
    }
  }

  @Test func bodiesThatAreTooLarge() async throws {
    let server = try await TestServer({ $0.limits.body = 1000 }) { try $0.add(TestModels.scaling(by: 2), as: "m.onnx") }
    try await server.withSockets { client in
      let response = try await client.answer(.post, "/v2/models/m/infer", String(repeating: " ", count: 100_000))
      #expect(response.status == .contentTooLarge)
    }
  }

  @Test func compressedBodies() async throws {
    // Four numbers, compressed in both ways that clients of the protocol use.
    let gzip =
      "H4sIAAAAAAACA6tWyswrKC0pVrKKrlbKS8xNVbJSqlDSUSrOSCwAsqMNdUxidZRSEksSSypBAkpuAcZGShARsLSRjj"
      + "FQSW1sLQAb+ywkSgAAAA=="
    let deflate = "eNqrVsrMKygtKVayiq5WykvMTVWyUqpQ0lEqzkgsALKjDXVMYnWUUhJLEksqQQJKbgHGRkoQEbC0kY4xUEltbC0AZa4WOA=="
    // A mebibyte of spaces.
    let spaces = "H4sIAAAAAAACA+3BMQEAAADCoCrrn9IQvkAB" + String(repeating: "A", count: 1353) + "HwGpwID8QAAEAA="
    @Sendable func bytes(_ base64: String) -> ByteBuffer { ByteBuffer(bytes: Data(base64Encoded: base64)!) }
    let server = try await TestServer({ $0.limits.body = 100_000 }) {
      try $0.add(TestModels.scaling(by: 2), as: "m.onnx")
    }
    @Sendable func answer(
      _ client: any TestClientProtocol, _ bytes: ByteBuffer, _ encoding: String
    ) async throws -> TestResponse {
      try await client.answer("/v2/models/m/infer", bytes: bytes, headers: [.contentEncoding: encoding])
    }
    try await server.withSockets { client in
      for (encoding, text) in [("gzip", gzip), ("GZIP", gzip), ("deflate", deflate)] {
        let response = try await answer(client, bytes(text), encoding)
        #expect(response.status == .ok && response.text.contains("[2.0,4.0,6.0,8.0]"))
      }
      let large = try await answer(client, bytes(spaces), "gzip")
      #expect(large.status == .contentTooLarge)
    }
    try await server.withRoutes { client in
      let whole = bytes(gzip)
      var long = whole
      long.writeString("more")
      for wrong in [whole.getSlice(at: 0, length: 40)!, long, ByteBuffer(string: "{}"), ByteBuffer()] {
        let response = try await answer(client, wrong, "gzip")
        #expect(response.status == .badRequest)
      }
    }
  }

  /// The sizes of all bodies count together until the requests are answered.
  @Test func moreThanTheServerHolds() async throws {
    let server = try await TestServer(requestBytesLimit: 1000) { try $0.add(TestModels.scaling(by: 2), as: "m.onnx") }
    try await server.withRoutes { client in
      let body = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}"
      for _ in 0..<30 {
        let large = try await client.answer(.post, "/v2/models/m/infer", String(repeating: " ", count: 2000))
        #expect(large.status == .serviceUnavailable && large.headers[.retryAfter] == "1")
        #expect(try await client.answer(.post, "/v2/models/m/infer", body).status == .ok)
      }
    }
  }

  @Test func version1() async throws {
    let server = try await TestServer { models in
      try models.add(TestModels.scaling(by: 2), as: "m.onnx")
      try models.add(TestModels.sums(), as: "s.onnx")
    }
    try await server.withRoutes { client in
      struct Rows: Decodable { let predictions: [[Float]] }
      let body = "{\"instances\": [[1, 2, 3, 4], [5, 6, 7, 8]]}"
      let rows = try await client.answer(.post, "/v1/models/m:predict", body).json(Rows.self)
      #expect(rows.predictions == [[2, 4, 6, 8], [10, 12, 14, 16]])
      struct Objects: Decodable { let predictions: [[String: [Float]]] }
      let objects = try await client.answer(
        .post, "/v1/models/s:predict", "{\"instances\": [{\"a\": [1, 2], \"b\": [3, 5]}]}"
      ).json(Objects.self)
      #expect(objects.predictions == [["sum": [4, 7], "difference": [-2, -3]]])
      struct Whole: Decodable { let outputs: [String: [[Float]]] }
      let whole = try await client.answer(
        .post, "/v1/models/s:predict", "{\"inputs\": {\"a\": [[1, 2]], \"b\": [[3, 5]]}}"
      ).json(Whole.self)
      #expect(whole.outputs["sum"] == [[4, 7]])
      for wrong in [
        "{}", "{\"instances\": []}", "{\"instances\": [[1, 2]]}", "{\"instances\": [[1, [2], 3, 4]]}",
        "{\"instances\": 1}",
      ] {
        #expect(try await client.answer(.post, "/v1/models/m:predict", wrong).status == .badRequest)
      }
      #expect(try await client.answer(.post, "/v1/models/m:explain", body).status == .notFound)
      #expect(try await client.answer(.get, "/v1/models/m").status == .ok)
      #expect(try await client.answer(.get, "/v1/models").text == "{\"models\":[\"m\",\"s\"]}")
    }
  }
}

extension HTTPField.Name {
  static let inferenceHeaderContentLength = HTTPField.Name("Inference-Header-Content-Length")!
}
