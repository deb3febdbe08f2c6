import CoreMetrics
import FoundationEssentials

extension InferenceService {
  /// The metrics in the Prometheus text format, including current values of the process.
  public func metricsText(of registry: PrometheusRegistry) -> String {
    let models = repository.readyModels
    for model in models { model.metrics.memory.record(model.memoryUse) }
    Gauge(label: "infold_models_ready", factory: registry).record(models.count)
    Gauge(label: "infold_requests_waiting", factory: registry).record(scheduler.waitingCount)
    Gauge(label: "infold_ready", factory: registry).record(isReady ? 1 : 0)
    if let bytes = ProcessMemory.resident {
      Gauge(label: "process_resident_memory_bytes", factory: registry).record(bytes)
    }
    return registry.text
  }
}

extension PrometheusRegistry {
  /// Creates a registry with help texts for the server's metrics.
  public static func forServing() -> PrometheusRegistry {
    let registry = PrometheusRegistry()
    for (name, help) in [
      ("infold_requests_total", "Answered requests by model and outcome."),
      ("infold_request_duration_seconds", "Time from reading a request until its results are ready."),
      ("infold_queue_duration_seconds", "Time from reading a request until its run begins."),
      ("infold_compute_duration_seconds", "Time of a run, which may serve several requests."),
      ("infold_batch_size", "Number of images in a run."),
      ("infold_queue_depth", "Number of waiting requests of a model."),
      ("infold_requests_waiting", "Number of waiting requests of all models."),
      ("infold_model_memory_bytes", "Memory of a model's sessions, without the model's tensors."),
      ("infold_models_ready", "Number of model versions that are ready."),
      ("infold_ready", "Whether the server is ready."),
      ("infold_http_responses_total", "HTTP responses by status."),
      ("process_resident_memory_bytes", "Resident memory of the process."),
    ] { registry.describe(name, help) }
    return registry
  }
}

/// The memory of this process.
enum ProcessMemory {
  /// The resident memory in bytes, or `nil` if the system does not report it.
  static var resident: Int? {
    guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
    let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * 4096
  }
}
