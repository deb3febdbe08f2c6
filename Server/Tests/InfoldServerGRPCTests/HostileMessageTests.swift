import GRPCCore
import Infold
import OpenInferenceGRPC
import SwiftProtobuf
import Testing

@Suite struct HostileMessageTests {
  /// Sends bytes as the message of ModelInfer.
  private func send(_ bytes: [UInt8], _ server: TestServer) async throws -> RPCError? {
    try await rpcError {
      try await server.client.unary(
        request: ClientRequest(message: Inference_ServerLiveRequest()),
        descriptor: Inference_GRPCInferenceService.Method.ModelInfer.descriptor,
        serializer: Bytes.Serializer(bytes: bytes), deserializer: Bytes.Deserializer(), options: .defaults
      ) { try $0.message }
    }
  }

  @Test func whatIsNoMessage() async throws {
    try await TestServer.run { server in
      for bytes: [UInt8] in [
        [0x3a], [0x3a, 0x05, 1], [0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        [UInt8](repeating: 0xff, count: 11), [0x38, 1], [0x3b], [0x3d, 1, 2], [0x39, 1], [0x00, 0x01],
        [0x2a, 0x02, 0x0a, 0xff],
      ] {
        let code = try await send(bytes, server)?.code
        #expect(code == .invalidArgument, "\(bytes)")
      }
      // An empty message names no model.
      #expect(try await send([], server)?.code == .notFound)
      // Two bytes each, for which a decoder would create a structure each.
      let many = [[UInt8]](repeating: [0x2a, 0], count: 70_000).flatMap { $0 }
      #expect(try await send(many, server)?.code == .invalidArgument)
    }
  }

  @Test func randomChangesOfAMessage() async throws {
    try await TestServer.run { server in
      var random = SplitMix64(seed: 24)
      for form in RequestCase.Form.allCases {
        let message: [UInt8] = try RequestCase.all[0].message(form).serializedBytes()
        for _ in 0..<200 {
          var changed = message
          for _ in 0...Int(random.next() % 3) {
            changed[Int(random.next() % UInt64(changed.count))] = UInt8(truncatingIfNeeded: random.next())
          }
          if random.next() % 4 == 0 { changed.removeLast(Int(random.next() % UInt64(changed.count))) }
          let code = try await send(changed, server)?.code
          #expect(code == nil || code == .invalidArgument || code == .notFound || code == .unimplemented, "\(changed)")
        }
      }
      #expect(try await server.inference.serverLive(.init()).live)
    }
  }

  @Test func rawContentsThatDoNotFit() async throws {
    try await TestServer.run { server in
      let good = RequestCase.all[0].message(.raw)
      func error(_ change: (inout Inference_ModelInferRequest) -> Void) async throws -> RPCError? {
        let request = Inference_ModelInferRequest.with {
          $0 = good
          change(&$0)
        }
        return try await rpcError { try await server.inference.modelInfer(request) }
      }
      #expect(try await error { _ in } == nil)
      let changes: [(inout Inference_ModelInferRequest) -> Void] = [
        { $0.rawInputContents.removeLast() },
        { $0.rawInputContents.append($0.rawInputContents[0]) },
        { $0.rawInputContents[1].removeLast() },
        { $0.inputs[0].contents.fp32Contents = [1, 2, 3] },
        { $0.inputs[0].parameters["binary_data_size"] = .with { $0.int64Param = 11 } },
        { $0.parameters["empty"] = .init() },
        { $0.parameters["binary_data_output"] = .with { $0.stringParam = "yes" } },
      ]
      for (index, change) in changes.enumerated() {
        let failure = try await error(change)
        #expect(failure?.code == .invalidArgument, "\(index)")
      }
      // KServe's clients state the size of raw inputs in bytes.
      #expect(try await error { $0.inputs[0].parameters["binary_data_size"] = .with { $0.int64Param = 12 } } == nil)
    }
  }

  @Test func listsThatDoNotFit() async throws {
    try await TestServer.run { server in
      func error(
        _ datatype: String, _ fill: (inout Inference_InferTensorContents) -> Void
      ) async throws -> RPCError? {
        let request = Inference_ModelInferRequest.with {
          $0.modelName = "echo_" + datatype.lowercased()
          $0.inputs = [
            .with {
              ($0.name, $0.datatype, $0.shape) = ("x", datatype, [1, 2])
              fill(&$0.contents)
            }
          ]
        }
        return try await rpcError { try await server.inference.modelInfer(request) }
      }
      #expect(try await error("INT8") { $0.intContents = [-128, 127] } == nil)
      let lists: [(String, (inout Inference_InferTensorContents) -> Void)] = [
        ("INT8", { $0.intContents = [-129, 0] }),
        ("UINT8", { $0.uintContents = [256, 0] }),
        ("INT16", { $0.intContents = [32768, 0] }),
        ("UINT16", { $0.uintContents = [65536, 0] }),
        ("FP16", { $0.fp32Contents = [1, 2] }),
        ("BF16", { $0.fp32Contents = [1, 2] }),
        ("FP32", { $0.fp64Contents = [1, 2] }),
        ("FP32", { ($0.fp32Contents, $0.intContents) = ([1, 2], [1]) }),
        ("INT64", { $0.int64Contents = [1] }),
      ]
      for (index, list) in lists.enumerated() {
        let failure = try await error(list.0, list.1)
        #expect(failure?.code == .invalidArgument, "\(index)")
      }
    }
  }

  @Test func theFormOfAnswers() async throws {
    try await TestServer.run { server in
      func response(
        _ form: RequestCase.Form, _ change: (inout Inference_ModelInferRequest) -> Void
      ) async throws -> Inference_ModelInferResponse {
        var request = RequestCase.all[0].message(form)
        change(&request)
        return try await server.inference.modelInfer(request)
      }
      let yes = Inference_InferParameter.with { $0.boolParam = true }
      let no = Inference_InferParameter.with { $0.boolParam = false }
      let lists = try await response(.raw) { $0.parameters["binary_data_output"] = no }
      #expect(lists.rawOutputContents.isEmpty && lists.outputs[0].contents.fp32Contents == [5, 7, 9])
      let raw = try await response(.lists) { $0.parameters["binary_data_output"] = yes }
      #expect(raw.rawOutputContents.count == 2 && !raw.outputs[0].hasContents)
      let one = try await response(.lists) {
        $0.outputs = [
          .with { $0.name = "sum" }, .with { ($0.name, $0.parameters) = ("difference", ["binary_data": yes]) },
        ]
      }
      #expect(one.rawOutputContents.count == 2)
      let none = try await response(.raw) {
        $0.outputs = [.with { ($0.name, $0.parameters) = ("sum", ["binary_data": no]) }]
      }
      #expect(none.rawOutputContents.isEmpty && none.outputs.count == 1)
    }
  }
}
