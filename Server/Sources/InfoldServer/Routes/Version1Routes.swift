import HTTPTypes
import Hummingbird
import InfoldEventLoops
import InfoldServing
import NIOCore

extension InferenceRoutes {
  /// Adds the KServe V1 protocol.
  func addVersion1<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("v1/models") { _, _ in
      let names = Set(service.repository.readyModels.map(\.name)).sorted()
      return Response.json { $0.member("models", names) }
    }
    router.get("v1/models/:name") { _, context in
      try await answering {
        let model = try service.repository.model(named: context.name)
        return Response.json { writer in
          writer.member("name", model.name)
          writer.member("ready", true)
        }
      }
    }
    router.post("v1/models/:name") { request, context in
      try await answering {
        let path = try context.name
        guard path.hasSuffix(":predict") else {
          throw ServingError(.notFound, "unknown path '\(path.printable)': the V1 protocol has NAME:predict")
        }
        let model = try service.repository.model(named: String(path.dropLast(":predict".count)))
        return try await request.withBody(bodyLimits) { body in
          let predict = try await onOtherThread(if: body.readableBytes > Self.largeText) { () throws(ServingError) in
            try PredictRequest.read(body, for: model)
          }
          return try await prediction(predict, by: model, context.inferenceCancellation)
        }
      }
    }
  }

  private func prediction(
    _ predict: PredictRequest, by model: ServedModel, _ cancellation: RequestCancellation?
  ) async throws -> Response {
    let responses = try await withThrowingTaskGroup(of: (Int, InferenceResponse).self) { group in
      var responses: [InferenceResponse?] = Array(repeating: nil, count: predict.requests.count)
      for (index, inputs) in predict.requests.enumerated() {
        // At most one batch at a time, so that a single request cannot fill the queue.
        if index >= model.settings.largestBatch, let (done, response) = try await group.next() {
          responses[done] = response
        }
        group.addTask {
          var request = InferenceRequest(modelName: model.name, modelVersion: model.version, inputs: inputs)
          request.cancellation = cancellation
          return (index, try await service.infer(request))
        }
      }
      for try await (index, response) in group { responses[index] = response }
      return responses.compactMap { $0 }
    }
    let elementCount = responses.reduce(0) { $0 + $1.elementCount }
    return try await onOtherThread(if: elementCount > Self.manyElements) { () throws(ServingError) in
      var writer = JSONWriter()
      try writer.object { (writer) throws(ServingError) in
        writer.name(predict.isByInstance ? "predictions" : "outputs")
        guard predict.isByInstance else { return try write(responses[0], to: &writer, isInstance: false) }
        try writer.array { (writer) throws(ServingError) in
          for response in responses { try write(response, to: &writer, isInstance: true) }
        }
      }
      return Response.json(.ok, writer.buffer)
    }
  }

  /// Writes the only output, or all outputs by name.
  /// - Parameter isInstance: Whether to remove the batch dimension of size 1.
  private func write(
    _ response: InferenceResponse, to writer: inout JSONWriter, isInstance: Bool
  ) throws(ServingError) {
    func write(_ output: InferenceResponse.Output, to writer: inout JSONWriter) throws(ServingError) {
      var tensor = output.tensor
      if isInstance, tensor.shape.first == 1 { tensor = try tensor.withoutFirstDimension() }
      try TensorJSON.writeNested(tensor, output.datatype, name: output.name, to: &writer)
    }
    if response.outputs.count == 1 { return try write(response.outputs[0], to: &writer) }
    try writer.object { (writer) throws(ServingError) in
      for output in response.outputs {
        writer.name(output.name)
        try write(output, to: &writer)
      }
    }
  }
}
