import GRPCCore
import GRPCProtobuf
import InfoldEventLoops
import InfoldServing
import OpenInferenceGRPC

/// The methods of GRPCInferenceService for inference, health and metadata.
struct InferenceMethods: RegistrableRPCService {
  let service: InferenceService
  let calls: CallHandling

  private typealias Method = Inference_GRPCInferenceService.Method

  /// The number of elements above which writing them one by one would block an event loop too long.
  private static let manyElements = 1 << 14

  func registerMethods<Transport>(with router: inout RPCRouter<Transport>) where Transport: ServerTransport {
    registerHealth(in: &router)
    registerMetadata(in: &router)
    calls.register(
      Method.ModelInfer.descriptor, in: &router, reading: InferRequestDeserializer(), input: { try await $0.call() },
      writing: InferResponseSerializer(), model: { $0.request.modelName }
    ) { [service] call, caller async throws(ServingError) in
      var request = call.request
      request.deadline = caller.deadline.instant
      request.cancellation = caller.cancellation
      let response = try await service.infer(request)
      let isLarge = try !call.encoding.isRaw(response.outputs) && response.elementCount > Self.manyElements
      return try await onOtherThread(if: isLarge) { () throws(ServingError) in try InferReply(response, call.encoding) }
    }
  }

  private func registerHealth(in router: inout RPCRouter<some ServerTransport>) {
    calls.register(
      Method.ServerLive.descriptor, in: &router, reading: ProtobufDeserializer<Inference_ServerLiveRequest>(),
      writing: ProtobufSerializer(), isOpen: true
    ) { [service] _, _ in
      Inference_ServerLiveResponse.with { $0.live = service.isLive }
    }
    calls.register(
      Method.ServerReady.descriptor, in: &router, reading: ProtobufDeserializer<Inference_ServerReadyRequest>(),
      writing: ProtobufSerializer(), isOpen: true
    ) { [service] _, _ in
      Inference_ServerReadyResponse.with { $0.ready = service.isReady }
    }
    calls.register(
      Method.ModelReady.descriptor, in: &router, reading: ProtobufDeserializer<Inference_ModelReadyRequest>(),
      writing: ProtobufSerializer(), isOpen: true, model: { $0.name }
    ) { [service] request, _ in
      Inference_ModelReadyResponse.with { $0.ready = service.isModelReady(request.name, version: request.version) }
    }
  }

  private func registerMetadata(in router: inout RPCRouter<some ServerTransport>) {
    calls.register(
      Method.ServerMetadata.descriptor, in: &router, reading: ProtobufDeserializer<Inference_ServerMetadataRequest>(),
      writing: ProtobufSerializer()
    ) { [service] _, _ in
      let metadata = service.metadata
      return Inference_ServerMetadataResponse.with {
        $0.name = metadata.name
        $0.version = metadata.version
        $0.extensions = metadata.extensions
      }
    }
    calls.register(
      Method.ModelMetadata.descriptor, in: &router, reading: ProtobufDeserializer<Inference_ModelMetadataRequest>(),
      writing: ProtobufSerializer(), model: { $0.name }
    ) { [service] request, _ async throws(ServingError) in
      let metadata = try service.metadata(ofModel: request.name, version: request.version)
      return Inference_ModelMetadataResponse.with {
        $0.name = metadata.name
        $0.versions = metadata.versions
        $0.platform = metadata.platform
        $0.inputs = metadata.inputs.map(Inference_ModelMetadataResponse.TensorMetadata.init)
        $0.outputs = metadata.outputs.map(Inference_ModelMetadataResponse.TensorMetadata.init)
      }
    }
  }
}

extension Inference_ModelMetadataResponse.TensorMetadata {
  /// The message of a tensor. Unknown properties are left empty.
  fileprivate init(_ tensor: TensorMetadata) {
    self.init()
    name = tensor.name
    datatype = tensor.datatype?.rawValue ?? ""
    shape = (tensor.shape ?? []).map(Int64.init)
  }
}
