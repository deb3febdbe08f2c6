import FoundationEssentials
public import Infold
public import InfoldServing
import Logging

/// A service for the models of a folder.
public struct TestService: Sendable {
  /// The models.
  public let models: TestModels
  /// The service.
  public let service: InferenceService
  /// What is counted.
  public let registry: PrometheusRegistry

  /// Loads the models that `fill` puts into a folder.
  public init(
    settings: ModelSettings = ModelSettings(), threads: Int = 2, memoryLimit: Int? = nil, allowsControl: Bool = true,
    requestBytesLimit: Int = 1 << 30, _ fill: (TestModels) throws -> Void
  ) async throws {
    models = try TestModels()
    try fill(models)
    registry = PrometheusRegistry.forServing()
    let metrics = ServingMetrics(factory: registry)
    let repository = ModelRepository(
      ModelRepository.Configuration(
        sources: [.repository(models.folder)], settings: settings, threads: threads, memoryLimit: memoryLimit,
        allowsControl: allowsControl),
      metrics: metrics, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    service = InferenceService(
      repository: repository, scheduler: Scheduler(threads: threads), metrics: metrics,
      requestBytesLimit: requestBytesLimit)
    try await repository.loadAll()
  }

  /// Runs a model with one input `x` and one output `y`.
  public func run(_ model: String, _ x: Tensor, deadline: ContinuousClock.Instant? = nil) async throws -> Tensor {
    let request = InferenceRequest(
      modelName: model, inputs: [.init(name: "x", tensor: x)], deadline: deadline)
    return try await service.infer(request).outputs[0].tensor
  }
}
