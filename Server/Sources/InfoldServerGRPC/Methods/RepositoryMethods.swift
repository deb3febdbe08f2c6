import GRPCCore
import GRPCProtobuf
import InfoldEventLoops
import InfoldServing
import OpenInferenceGRPC

/// The methods of GRPCInferenceService that load and unload models.
struct RepositoryMethods: RegistrableRPCService {
  let service: InferenceService
  let calls: CallHandling

  private typealias Method = Inference_GRPCInferenceService.Method

  func registerMethods<Transport>(with router: inout RPCRouter<Transport>) where Transport: ServerTransport {
    calls.register(
      Method.RepositoryIndex.descriptor, in: &router, reading: ProtobufDeserializer<Inference_RepositoryIndexRequest>(),
      writing: ProtobufSerializer()
    ) { [service] request, _ async throws(ServingError) in
      guard request.repositoryName.isEmpty else { throw .namedRepository }
      // This reads folders.
      let entries = await onOtherThread { service.repository.index(readyOnly: request.ready) }
      return Inference_RepositoryIndexResponse.with {
        $0.models = entries.map(Inference_RepositoryIndexResponse.ModelIndex.init)
      }
    }
    calls.register(
      Method.RepositoryModelLoad.descriptor, in: &router,
      reading: ProtobufDeserializer<Inference_RepositoryModelLoadRequest>(), writing: ProtobufSerializer(),
      model: { try? modelName($0.repositoryName, $0.modelName) }
    ) { [service] request, _ async throws(ServingError) in
      let name = try modelName(request.repositoryName, request.modelName)
      if let parameter = request.parameters.keys.min() {
        throw ServingError(
          .unimplemented, "unsupported parameter '\(parameter.printable)': models are loaded from their files only")
      }
      try await onOtherThread { () throws(ServingError) in try await service.repository.load(name) }
      return Inference_RepositoryModelLoadResponse.with {
        $0.modelName = name
        $0.isLoaded = true
      }
    }
    calls.register(
      Method.RepositoryModelUnload.descriptor, in: &router,
      reading: ProtobufDeserializer<Inference_RepositoryModelUnloadRequest>(), writing: ProtobufSerializer(),
      model: { try? modelName($0.repositoryName, $0.modelName) }
    ) { [service] request, _ async throws(ServingError) in
      let name = try modelName(request.repositoryName, request.modelName)
      // Models do not depend on each other, so this parameter has no effect.
      if let parameter = request.parameters.keys.filter({ $0 != "unload_dependents" }).min() {
        throw ServingError(.unimplemented, "unsupported parameter '\(parameter.printable)'")
      }
      try await service.repository.unload(name)
      return Inference_RepositoryModelUnloadResponse.with {
        $0.modelName = name
        $0.isUnloaded = true
      }
    }
  }
}

/// The name of the model. Clients use either field.
private func modelName(_ repository: String, _ model: String) throws(ServingError) -> String {
  guard repository.isEmpty || model.isEmpty else { throw .namedRepository }
  let name = model + repository
  guard !name.isEmpty else { throw ServingError(.invalidArgument, "the request has no model name") }
  return name
}

extension ServingError {
  fileprivate static var namedRepository: ServingError {
    ServingError(
      .unimplemented, "'repository_name' specification is not supported: there is one repository, without a name")
  }
}

extension Inference_RepositoryIndexResponse.ModelIndex {
  fileprivate init(_ entry: RepositoryIndexEntry) {
    self.init()
    name = entry.name
    version = entry.version
    state = entry.state.rawValue
    reason = entry.reason
  }
}
