import Infold
public import InfoldImage

extension ServedModel {
  /// Runs the model for a request.
  func infer(_ request: InferenceRequest, _ scheduler: Scheduler) async throws(ServingError) -> InferenceResponse {
    let begin = ContinuousClock.now
    do throws(ServingError) {
      let wanted = try wantedOutputs(request)
      let results = try await run(
        try tensors(request), deadline: try deadline(request), request.cancellation, scheduler)
      let outputs = try wanted.map { (index, parameters) throws(ServingError) in
        let name = self.outputs[index].name
        guard let tensor = results[name], let datatype = Datatype(tensor.elementType) else {
          throw ServingError(.internal, "the output '\(name.printable)' cannot be sent")
        }
        return InferenceResponse.Output(
          name: name, tensor: tensor, datatype: datatype, requestParameters: parameters)
      }
      metrics.didAnswer(since: begin, error: nil)
      return InferenceResponse(
        modelName: name, modelVersion: version, id: request.id, parameters: [:], outputs: outputs)
    } catch {
      metrics.didAnswer(since: begin, error: error)
      throw error
    }
  }

  /// Returns the most probable classes of a picture, the best first.
  /// - Parameters:
  ///   - picture: A picture of any size.
  ///   - count: The number of classes.
  /// - Throws: `ServingError` with `.invalidArgument` if the model has no sidecar.
  public func classify(
    _ picture: Picture, top count: Int, deadline: ContinuousClock.Instant? = nil,
    cancellation: RequestCancellation? = nil, scheduler: Scheduler
  ) async throws(ServingError) -> [ImageClassifier.Candidate] {
    let begin = ContinuousClock.now
    do throws(ServingError) {
      guard let classifier else {
        throw ServingError(
          .invalidArgument, "the model '\(name)' takes no pictures: it has no sidecar")
      }
      let input = try await serving { () async throws(InfoldError) in
        try await onOwnThread { () throws(InfoldError) in try classifier.input(for: [picture]) }
      }
      let results = try await run(input, deadline: deadline, cancellation, scheduler)
      let candidates = try serving { () throws(InfoldError) in
        try classifier.candidates(in: results, ofPictures: 1, top: count)[0]
      }
      metrics.didAnswer(since: begin, error: nil)
      return candidates
    } catch {
      metrics.didAnswer(since: begin, error: error)
      throw error
    }
  }

  private func run(
    _ tensors: [String: Tensor], deadline: ContinuousClock.Instant?, _ cancellation: RequestCancellation?,
    _ scheduler: Scheduler
  ) async throws(ServingError) -> [String: Tensor] {
    try await scheduler.run(tensors, by: self, deadline: deadline, cancellation)
  }

  /// The requested outputs, with their parameters.
  private func wantedOutputs(_ request: InferenceRequest) throws(ServingError) -> [(Int, Parameters)] {
    guard !request.outputs.isEmpty else { return outputs.indices.map { ($0, [:]) } }
    var wanted: [(Int, Parameters)] = []
    for output in request.outputs {
      guard let index = outputs.firstIndex(where: { $0.name == output.name }) else {
        throw ServingError(
          .invalidArgument,
          "unexpected inference output '\(output.name.printable)' for model '\(name)'; it has \(outputs.names)")
      }
      guard !wanted.contains(where: { $0.0 == index }) else {
        throw ServingError(.invalidArgument, "duplicate output '\(output.name.printable)' in the request")
      }
      for refused in ["classification", "shared_memory_region"] where output.parameters[refused] != nil {
        throw ServingError(.unimplemented, "unsupported parameter '\(refused)' of an output")
      }
      wanted.append((index, output.parameters))
    }
    return wanted
  }

  /// The input tensors of a request by name, checked against the model.
  private func tensors(_ request: InferenceRequest) throws(ServingError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for input in request.inputs {
      guard let info = inputs.first(where: { $0.name == input.name }) else {
        throw ServingError(
          .invalidArgument,
          "unexpected inference input '\(input.name.printable)' for model '\(name)'; it has \(inputs.names)")
      }
      guard input.parameters["shared_memory_region"] == nil else {
        throw ServingError(.unimplemented, "unsupported parameter 'shared_memory_region' of an input")
      }
      try info.check(input.tensor, model: name)
      guard tensors.updateValue(input.tensor, forKey: input.name) == nil else {
        throw ServingError(.invalidArgument, "duplicate input '\(input.name.printable)' in the request")
      }
    }
    for input in inputs where !input.hasDefault && tensors[input.name] == nil {
      throw ServingError(
        .invalidArgument, "expected inference input '\(input.name.printable)' for model '\(name)', which is missing")
    }
    return tensors
  }

  /// The time at which the client stops waiting.
  private func deadline(_ request: InferenceRequest) throws(ServingError) -> ContinuousClock.Instant? {
    for refused in ["sequence_id", "sequence_start", "sequence_end"] {
      switch request.parameters[refused] {
      case nil, .integer(0), .bool(false), .string(""): continue
      default:
        throw ServingError(
          .unimplemented, "sequences are not supported (parameter '\(refused)'): models are stateless")
      }
    }
    guard let timeout = try request.parameters.count("timeout"), timeout > 0 else { return request.deadline }
    let end = ContinuousClock.now + .microseconds(min(timeout, 1 << 50))
    return request.deadline.map { min($0, end) } ?? end
  }
}

extension ValueInfo {
  /// Checks that the model accepts a tensor for this input.
  fileprivate func check(_ tensor: Tensor, model: String) throws(ServingError) {
    guard let type else { return }
    guard tensor.elementType == type.elementType else {
      throw ServingError(
        .invalidArgument,
        "inference input '\(name.printable)' data-type is '\(Datatype(tensor.elementType)!.rawValue)', but model "
          + "'\(model)' expects '\(Datatype(type.elementType)?.rawValue ?? "\(type.elementType)")'")
    }
    guard let shape = type.shape else { return }
    let fits =
      shape.rank == tensor.shape.count && zip(shape.dimensions, tensor.shape).allSatisfy { $0.size ?? $1 == $1 }
    guard fits else {
      throw ServingError(
        .invalidArgument,
        "unexpected shape for input '\(name.printable)' for model '\(model)'. Expected "
          + "\(shape.dimensions.map { $0.size ?? -1 }), got \(tensor.shape)")
    }
  }
}

extension [ValueInfo] {
  fileprivate var names: String { map { "'" + $0.name.printable + "'" }.joined(separator: ", ") }
}

/// Runs `body` and converts its errors to errors of a request.
package func serving<Output>(_ body: () throws(InfoldError) -> Output) throws(ServingError) -> Output {
  do throws(InfoldError) {
    return try body()
  } catch {
    throw ServingError(error)
  }
}

/// Runs `body` and converts its errors to errors of a request.
private func serving<Output>(_ body: () async throws(InfoldError) -> Output) async throws(ServingError) -> Output {
  do throws(InfoldError) {
    return try await body()
  } catch {
    throw ServingError(error)
  }
}
