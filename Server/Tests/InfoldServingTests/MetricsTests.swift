import CoreMetrics
import InfoldServing
import Testing

@Suite struct MetricsTests {
  @Test func textForm() {
    let registry = PrometheusRegistry()
    registry.describe("requests_total", "What was asked.")
    let counter = Counter(label: "requests_total", dimensions: [("model", "a\"b\\c\nd")], factory: registry)
    counter.increment(by: 2)
    Counter(label: "requests_total", dimensions: [("model", "a\"b\\c\nd")], factory: registry).increment()
    Gauge(label: "depth", factory: registry).record(3)
    let timer = CoreMetrics.Timer(label: "seconds", dimensions: [("model", "m")], factory: registry)
    timer.recordNanoseconds(300_000)
    timer.recordNanoseconds(60_000_000_000)
    let lines = registry.text.split(separator: "\n").map(String.init)
    #expect(lines.contains("# HELP requests_total What was asked."))
    #expect(lines.contains("# TYPE requests_total counter"))
    #expect(lines.contains("requests_total{model=\"a\\\"b\\\\c\\nd\"} 3"))
    #expect(lines.contains("# TYPE depth gauge") && lines.contains("depth 3"))
    #expect(lines.contains("# TYPE seconds histogram"))
    #expect(lines.contains("seconds_bucket{model=\"m\",le=\"0.00025\"} 0"))
    #expect(lines.contains("seconds_bucket{model=\"m\",le=\"0.0005\"} 1"))
    #expect(lines.contains("seconds_bucket{model=\"m\",le=\"+Inf\"} 2"))
    #expect(lines.contains("seconds_sum{model=\"m\"} 60.0003") && lines.contains("seconds_count{model=\"m\"} 2"))
  }
}
