import Infold

/// A server's models and what is done with them, without any protocol: what REST and gRPC both ask.
public final class InferenceService: Sendable {
  /// The models.
  public let repository: ModelRepository
  /// Who runs them, and in which order.
  public let scheduler: Scheduler
  /// What is counted.
  public let metrics: ServingMetrics
  /// The bytes of requests that are not answered yet.
  package let requestBytes: RequestBytes

  /// A service of the models of a repository.
  /// - Parameter requestBytesLimit: The most bytes that all requests may have at once that are not answered yet, over REST and gRPC
  ///   together. One that brings more is refused, as where a queue is full.
  public init(
    repository: ModelRepository, scheduler: Scheduler, metrics: ServingMetrics, requestBytesLimit: Int = 1 << 30
  ) {
    (self.repository, self.scheduler, self.metrics) = (repository, scheduler, metrics)
    requestBytes = RequestBytes(limit: requestBytesLimit)
  }

  /// What the server says of itself.
  public var metadata: ServerMetadata {
    ServerMetadata(
      name: "infold", version: InfoldVersion.current,
      extensions: ["binary_tensor_data", "model_repository"])
  }

  /// Whether the process works at all.
  public var isLive: Bool { true }

  /// Whether requests are welcome: the models of the start are there, and the server is not about to end.
  public var isReady: Bool { !scheduler.isDraining && repository.isReady }

  /// Whether the server is about to end.
  package var isDraining: Bool { scheduler.isDraining }

  /// No longer ready, so that nobody sends more; what is there already goes on.
  public func beginDraining() { scheduler.beginDraining() }

  /// What a model says of itself.
  /// - Throws: `ServingError` with `.notFound`, or with `.unavailable` for a model that is not ready.
  public func metadata(ofModel name: String, version: String? = nil) throws(ServingError) -> ModelMetadata {
    let model = try repository.model(named: name, version: version)
    return model.metadata(versions: repository.readyVersions(ofModel: name))
  }

  /// Whether a model can run. One that is not known is not ready.
  public func isModelReady(_ name: String, version: String? = nil) -> Bool {
    (try? repository.model(named: name, version: version)) != nil
  }

  /// Whether a model can run.
  /// - Throws: `ServingError` with `.notFound` for one that is not known.
  package func isKnownModelReady(_ name: String, version: String? = nil) throws(ServingError) -> Bool {
    do throws(ServingError) {
      _ = try repository.model(named: name, version: version)
      return true
    } catch {
      guard error.kind == .unavailable else { throw error }
      return false
    }
  }

  /// Runs a model, with others in a batch where it may.
  ///
  /// When the task is cancelled, a run that has not begun does not begin.
  /// - Throws: `ServingError`.
  public func infer(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse {
    let model = try repository.model(named: request.modelName, version: request.modelVersion)
    return try await model.infer(request, scheduler)
  }
}
