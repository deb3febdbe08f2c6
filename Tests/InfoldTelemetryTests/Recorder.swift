import CoreMetrics
import Logging
import Synchronization

/// Records log messages and metrics.
final class Recorder: Sendable {
  let messages = Mutex<[(level: Logger.Level, text: String, metadata: Logger.Metadata)]>([])
  /// The values of each metric, with its dimensions.
  let values = Mutex<[String: [Int64]]>([:])

  func record(_ name: String, _ dimensions: [(String, String)], _ value: Int64) {
    let key = ([name] + dimensions.map { "\($0)=\($1)" }).joined(separator: " ")
    values.withLock { $0[key, default: []].append(value) }
  }
}

struct RecordingLog: LogHandler {
  let recorder: Recorder
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    recorder.messages.withLock { $0.append((event.level, "\(event.message)", event.metadata ?? [:])) }
  }
}

struct RecordingMetrics: MetricsFactory {
  let recorder: Recorder

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    Handler(recorder: recorder, label: label, dimensions: dimensions)
  }
  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    Handler(recorder: recorder, label: label, dimensions: dimensions)
  }
  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    Handler(recorder: recorder, label: label, dimensions: dimensions)
  }
  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}

  final class Handler: CounterHandler, RecorderHandler, TimerHandler {
    let recorder: Recorder
    let label: String
    let dimensions: [(String, String)]

    init(recorder: Recorder, label: String, dimensions: [(String, String)]) {
      (self.recorder, self.label, self.dimensions) = (recorder, label, dimensions)
    }

    func increment(by amount: Int64) { recorder.record(label, dimensions, amount) }
    func reset() {}
    func record(_ value: Int64) { recorder.record(label, dimensions, value) }
    func record(_ value: Double) { recorder.record(label, dimensions, Int64(value)) }
    func recordNanoseconds(_ duration: Int64) { recorder.record(label, dimensions, duration) }
  }
}
