import CoreMetrics
import FoundationEssentials

extension InferenceService {
  /// What is counted, in Prometheus' text form, with what the process takes now.
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
  /// A registry that says of the server's metrics what they are.
  public static func forServing() -> PrometheusRegistry {
    let registry = PrometheusRegistry()
    for (name, help) in [
      ("infold_requests_total", "Requests that were answered, by model and outcome."),
      ("infold_request_duration_seconds", "From when a request was read until its results are there."),
      ("infold_queue_duration_seconds", "From when a request was read until its run begins."),
      ("infold_compute_duration_seconds", "A run, which may compute several requests."),
      ("infold_batch_size", "Images of a run."),
      ("infold_queue_depth", "Requests of a model that wait."),
      ("infold_requests_waiting", "Requests that wait, of all models."),
      ("infold_model_memory_bytes", "What the sessions of a model take beside its tensors."),
      ("infold_models_ready", "Versions of models that can run."),
      ("infold_ready", "Whether the server is ready."),
      ("infold_http_responses_total", "Answers over HTTP, by status."),
      ("process_resident_memory_bytes", "Memory of the process that is in use."),
    ] { registry.describe(name, help) }
    return registry
  }
}

/// The memory of this process.
enum ProcessMemory {
  /// The bytes that it has in use; `nil` where the system does not say.
  static var resident: Int? {
    guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
    let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * 4096
  }
}
