public import CoreMetrics
import Synchronization

/// A backend of swift-metrics that outputs the Prometheus text format (version 0.0.4).
///
/// Timers are histograms in seconds. Aggregating recorders are histograms with powers of two as
/// bounds. Other recorders and meters are gauges. Metrics with the same name and dimensions share
/// one value.
public final class PrometheusRegistry: MetricsFactory {
  private struct Series: Hashable {
    let name: String
    let labels: String
  }

  private struct State {
    var values: [Series: any PrometheusSeries] = [:]
    var help: [String: String] = [:]
  }

  private let state = Mutex(State())

  /// Creates an empty registry.
  public init() {}

  /// Sets the help text of a metric.
  public func describe(_ name: String, _ help: String) { state.withLock { $0.help[name] = help } }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    make(label, dimensions) { Count() }
  }

  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    if aggregate {
      make(label, dimensions) { Histogram(bounds: (0...10).map { Double(1 << $0) }) }
    } else {
      make(label, dimensions) { Level() }
    }
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    make(label, dimensions) { Level() }
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    make(label, dimensions) { Histogram(bounds: Self.secondsBounds) }
  }

  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}

  private static let secondsBounds: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  ]

  private func make<Value: PrometheusSeries>(
    _ name: String, _ dimensions: [(String, String)], _ new: () -> Value
  ) -> Value {
    let labels = dimensions.map { "\(Self.name($0.0))=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    let series = Series(name: Self.name(name), labels: labels)
    return state.withLock { state in
      if let present = state.values[series] as? Value { return present }
      let value = new()
      state.values[series] = value
      return value
    }
  }

  private static func name(_ name: String) -> String {
    let isFirstDigit = name.utf8.first.map { (48...57).contains($0) } ?? true
    return (isFirstDigit ? "_" : "")
      + String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(character)
      }
    }
    return text
  }

  /// All metrics, sorted by name.
  public var text: String {
    let (values, help) = state.withLock { ($0.values, $0.help) }
    var text = ""
    var last = ""
    for (series, value) in values.sorted(by: { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }) {
      if series.name != last {
        last = series.name
        if let help = help[last] { text += "# HELP \(last) \(help)\n" }
        text += "# TYPE \(last) \(value.kind)\n"
      }
      value.write(series.name, series.labels, to: &text)
    }
    return text
  }
}

private protocol PrometheusSeries: AnyObject, Sendable {
  var kind: String { get }
  func write(_ name: String, _ labels: String, to text: inout String)
}

extension PrometheusSeries {
  func line(_ name: String, _ labels: String, _ value: String, to text: inout String) {
    text += name + (labels.isEmpty ? "" : "{\(labels)}") + " " + value + "\n"
  }
}

private final class Count: PrometheusSeries, CounterHandler {
  private let value = Atomic<Int64>(0)
  let kind = "counter"

  func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
  func reset() { value.store(0, ordering: .relaxed) }

  func write(_ name: String, _ labels: String, to text: inout String) {
    line(name, labels, value.load(ordering: .relaxed).description, to: &text)
  }
}

private final class Level: PrometheusSeries, RecorderHandler, MeterHandler {
  private let value = Mutex(0.0)
  let kind = "gauge"

  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { self.value.withLock { $0 = value } }
  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func decrement(by amount: Double) { value.withLock { $0 -= amount } }

  func write(_ name: String, _ labels: String, to text: inout String) {
    line(name, labels, value.withLock { $0 }.prometheus, to: &text)
  }
}

private final class Histogram: PrometheusSeries, TimerHandler, RecorderHandler {
  private struct Values {
    var counts: [UInt64]
    var count: UInt64 = 0
    var sum = 0.0
  }

  private let bounds: [Double]
  private let values: Mutex<Values>
  let kind = "histogram"

  init(bounds: [Double]) {
    self.bounds = bounds
    values = Mutex(Values(counts: Array(repeating: 0, count: bounds.count)))
  }

  func recordNanoseconds(_ duration: Int64) { add(Double(duration) / 1e9) }
  func record(_ value: Int64) { add(Double(value)) }
  func record(_ value: Double) { add(value) }

  private func add(_ value: Double) {
    let place = bounds.firstIndex { value <= $0 }
    values.withLock { values in
      if let place { values.counts[place] += 1 }
      values.count += 1
      values.sum += value
    }
  }

  func write(_ name: String, _ labels: String, to text: inout String) {
    let values = values.withLock { $0 }
    let before = labels.isEmpty ? "" : labels + ","
    var sum: UInt64 = 0
    for (bound, count) in zip(bounds, values.counts) {
      sum += count
      line(name + "_bucket", before + "le=\"\(bound.prometheus)\"", sum.description, to: &text)
    }
    line(name + "_bucket", before + "le=\"+Inf\"", values.count.description, to: &text)
    line(name + "_sum", labels, values.sum.prometheus, to: &text)
    line(name + "_count", labels, values.count.description, to: &text)
  }
}

extension Double {
  fileprivate var prometheus: String {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: self)?.description ?? description
  }
}
