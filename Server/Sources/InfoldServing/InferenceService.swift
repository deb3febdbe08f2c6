import Infold

/// The models of a server and their operations, independent of the protocol. REST and gRPC both use
/// it.
public final class InferenceService: Sendable {
  /// The models.
  public let repository: ModelRepository
  /// Runs requests, and decides their order.
  public let scheduler: Scheduler
  /// The metrics.
  public let metrics: ServingMetrics
  /// The bytes of requests that have not been answered yet.
  package let requestBytes: RequestBytes

  /// Creates a service for the models of a repository.
  /// - Parameter requestBytesLimit: The maximum number of bytes of all requests that have not been
  ///   answered yet, over REST and gRPC together. Requests that exceed it are rejected like those
  ///   for a full queue.
  public init(
    repository: ModelRepository, scheduler: Scheduler, metrics: ServingMetrics, requestBytesLimit: Int = 1 << 30
  ) {
    (self.repository, self.scheduler, self.metrics) = (repository, scheduler, metrics)
    requestBytes = RequestBytes(limit: requestBytesLimit)
  }

  /// The metadata of the server.
  public var metadata: ServerMetadata {
    ServerMetadata(
      name: "infold", version: InfoldVersion.current,
      extensions: ["binary_tensor_data", "model_repository"])
  }

  /// Whether the process is alive.
  public var isLive: Bool { true }

  /// Whether the server accepts requests: the initial models are loaded, and it is not shutting
  /// down.
  public var isReady: Bool { !scheduler.isDraining && repository.isReady }

  /// Whether the server is shutting down.
  package var isDraining: Bool { scheduler.isDraining }

  /// Makes the server not ready, so that clients send no more requests. Pending requests are
  /// answered.
  public func beginDraining() { scheduler.beginDraining() }

  /// The metadata of a model.
  /// - Throws: `ServingError` with `.notFound`, or `.unavailable` if the model is not ready.
  public func metadata(ofModel name: String, version: String? = nil) throws(ServingError) -> ModelMetadata {
    let model = try repository.model(named: name, version: version)
    return model.metadata(versions: repository.readyVersions(ofModel: name))
  }

  /// Whether a model can run. An unknown model is not ready.
  public func isModelReady(_ name: String, version: String? = nil) -> Bool {
    (try? repository.model(named: name, version: version)) != nil
  }

  /// Whether a model can run.
  /// - Throws: `ServingError` with `.notFound` if it is unknown.
  package func isKnownModelReady(_ name: String, version: String? = nil) throws(ServingError) -> Bool {
    do throws(ServingError) {
      _ = try repository.model(named: name, version: version)
      return true
    } catch {
      guard error.kind == .unavailable else { throw error }
      return false
    }
  }

  /// Runs a model, possibly together with other requests as a batch.
  ///
  /// If the task is cancelled before the run begins, it does not begin.
  /// - Throws: `ServingError`.
  public func infer(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse {
    let model = try repository.model(named: request.modelName, version: request.modelVersion)
    return try await model.infer(request, scheduler)
  }
}
