public import CoreMetrics

/// The metrics of a server, for backends of swift-metrics.
///
/// | metric | kind | meaning |
/// |---|---|---|
/// | `infold_requests_total` | counter | answered requests, with the dimensions `model` and `code` (`ok`, or a kind of `ServingError`) |
/// | `infold_request_duration_seconds` | timer | time from reading a request until its results are ready, by `model` |
/// | `infold_queue_duration_seconds` | timer | time from reading a request until its run begins, by `model` |
/// | `infold_compute_duration_seconds` | timer | time of a run, by `model` |
/// | `infold_batch_size` | recorder | number of images in a run, by `model` |
/// | `infold_queue_depth` | gauge | number of waiting requests, by `model` |
/// | `infold_model_memory_bytes` | gauge | memory of a model's sessions, by `model` |
/// | `infold_models_ready` | gauge | number of model versions that are ready |
public final class ServingMetrics: Sendable {
  let factory: any MetricsFactory

  /// Creates metrics with a factory, by default that of `MetricsSystem`.
  public init(factory: any MetricsFactory = MetricsSystem.factory) {
    self.factory = factory
  }

  /// The metrics of a model.
  func model(_ name: String) -> ModelMetrics { ModelMetrics(name, factory) }
}

/// The metrics of a model.
public final class ModelMetrics: Sendable {
  private let total: CoreMetrics.Timer
  private let queue: CoreMetrics.Timer
  private let compute: CoreMetrics.Timer
  private let batch: Recorder
  private let depth: Gauge
  private let answered: Counter
  private let failed: [ServingError.Kind: Counter]
  let memory: Gauge

  init(_ name: String, _ factory: any MetricsFactory) {
    let model = [("model", name)]
    func timer(_ label: String) -> CoreMetrics.Timer {
      CoreMetrics.Timer(label: label, dimensions: model, preferredDisplayUnit: .seconds, factory: factory)
    }
    total = timer("infold_request_duration_seconds")
    queue = timer("infold_queue_duration_seconds")
    compute = timer("infold_compute_duration_seconds")
    batch = Recorder(label: "infold_batch_size", dimensions: model, aggregate: true, factory: factory)
    depth = Gauge(label: "infold_queue_depth", dimensions: model, factory: factory)
    memory = Gauge(label: "infold_model_memory_bytes", dimensions: model, factory: factory)
    func counter(_ code: String) -> Counter {
      Counter(label: "infold_requests_total", dimensions: model + [("code", code)], factory: factory)
    }
    answered = counter("ok")
    failed = Dictionary(uniqueKeysWithValues: ServingError.Kind.allCases.map { ($0, counter($0.rawValue)) })
  }

  func didAnswer(since begin: ContinuousClock.Instant, error: ServingError?) {
    if let error { failed[error.kind]?.increment() } else { answered.increment() }
    total.recordNanoseconds((ContinuousClock.now - begin).nanoseconds)
  }

  func didBegin(waited: Duration) { queue.recordNanoseconds(waited.nanoseconds) }

  func didRun(images: Int, in time: Duration) {
    compute.recordNanoseconds(time.nanoseconds)
    batch.record(images)
  }

  func waiting(_ count: Int) { depth.record(count) }
}

extension Duration {
  /// The whole nanoseconds, clamped to `Int64`.
  package var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : product &+ attoseconds / 1_000_000_000
  }
}
