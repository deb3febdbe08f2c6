import Foundation
import GRPCCore
import OpenInferenceGRPC
import Testing

@Suite struct RequestCaseTests {
  @Test func thereAreCases() { #expect(RequestCase.all.count > 40) }

  @Test func everyCaseInEveryForm() async throws {
    try await TestServer.run { server in
      for request in RequestCase.all {
        for form in request.forms { try await check(request, form, server) }
      }
    }
  }

  private func check(_ request: RequestCase, _ form: RequestCase.Form, _ server: TestServer) async throws {
    let what: Comment = "\(request.name), as \(form.rawValue)"
    let message = request.message(form)
    do {
      let response = try await server.inference.modelInfer(message)
      let answer = try #require(request.answer, what)
      #expect(response.modelName == message.modelName, what)
      #expect(response.modelVersion == answer.model_version, what)
      #expect(response.id == message.id, what)
      #expect(response.outputs.map(\.name) == answer.outputs.map(\.name), what)
      #expect(response.outputs.map(\.datatype) == answer.outputs.map(\.datatype), what)
      #expect(response.outputs.map(\.shape) == answer.outputs.map(\.shape), what)
      switch form {
      case .raw:
        #expect(response.rawOutputContents.map(Array.init) == answer.outputs.map(\.bytes), what)
        #expect(response.outputs.allSatisfy { !$0.hasContents }, what)
      case .lists:
        #expect(response.outputs.map(\.contents) == answer.outputs.map(\.contents), what)
        #expect(response.rawOutputContents.isEmpty, what)
      }
    } catch let error as RPCError {
      let expected = try #require(request.error, "\(what.rawValue): \(error)")
      #expect(error.code.description.isCode(expected.grpc), "\(what.rawValue): \(error)")
      #expect(error.message.contains(expected.reason), "\(what.rawValue): \(error)")
    }
  }
}

extension String {
  /// Whether gRPC has this name for a status code.
  fileprivate func isCode(_ name: String) -> Bool {
    lowercased().filter(\.isLetter) == name.lowercased().filter(\.isLetter)
  }
}
