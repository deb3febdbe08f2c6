import GRPCCore
import GRPCProtobuf
import InfoldServing
import OpenInferenceGRPC

/// The gRPC health checking protocol, for probes and load balancers. The server is healthy while it
/// is ready.
struct HealthMethods: RegistrableRPCService {
  let service: InferenceService
  let calls: CallHandling
  let isStopping: StopFlag

  private typealias Method = Grpc_Health_V1_Health.Method
  private typealias Status = Grpc_Health_V1_HealthCheckResponse.ServingStatus

  /// The interval at which changes are detected.
  private static let interval = Duration.milliseconds(250)

  func registerMethods<Transport>(with router: inout RPCRouter<Transport>) where Transport: ServerTransport {
    let status = status
    calls.register(
      Method.Check.descriptor, in: &router, reading: ProtobufDeserializer<Grpc_Health_V1_HealthCheckRequest>(),
      writing: ProtobufSerializer(), isOpen: true
    ) { request, _ async throws(ServingError) in
      guard let status = status(request.service) else {
        throw ServingError(.notFound, "unknown service '\(request.service.printable)'")
      }
      return Grpc_Health_V1_HealthCheckResponse.with { $0.status = status }
    }
    calls.register(
      Method.List.descriptor, in: &router, reading: ProtobufDeserializer<Grpc_Health_V1_HealthListRequest>(),
      writing: ProtobufSerializer(), isOpen: true
    ) { _, _ in
      Grpc_Health_V1_HealthListResponse.with { list in
        for name in Self.names {
          list.statuses[name] = Grpc_Health_V1_HealthCheckResponse.with { $0.status = status(name)! }
        }
      }
    }
    router.registerHandler(
      forMethod: Method.Watch.descriptor, deserializer: ProtobufDeserializer<Grpc_Health_V1_HealthCheckRequest>(),
      serializer: ProtobufSerializer<Grpc_Health_V1_HealthCheckResponse>()
    ) { request, context in
      let name = try await ServerRequest(stream: request).message.service
      return StreamingServerResponse { writer in
        var last: Status?
        // When the server stops, all calls are cancelled, and watching clients get the final
        // status.
        while true {
          let isOver = context.cancellation.isCancelled
          let now = status(name) ?? .serviceUnknown
          if now != last { try await writer.write(.with { $0.status = now }) }
          if isOver { return [:] }
          last = now
          try await Task.sleep(for: Self.interval)
        }
      }
    }
  }

  /// The names of the services.
  private static let names = ["", Inference_GRPCInferenceService.descriptor.fullyQualifiedService]

  /// The status of a service, or `nil` if it is unknown.
  private var status: @Sendable (String) -> Status? {
    { [service, isStopping] name in
      guard Self.names.contains(name) else { return nil }
      return service.isReady && !isStopping.isSet ? .serving : .notServing
    }
  }
}
