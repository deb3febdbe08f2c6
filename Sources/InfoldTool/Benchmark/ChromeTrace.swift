import InfoldRuntime

/// One run in Chrome's trace event format. It has one complete event per step, all on one track,
/// since steps run one after another.
struct ChromeTrace: Encodable {
  /// An event.
  struct Event: Encodable {
    var name: String
    /// The category, used by viewers to filter: the operators.
    var cat: String?
    /// The phase: `X` for a complete event, `M` for metadata such as a name.
    var ph: String
    /// The begin, in microseconds.
    var ts: Double?
    /// The duration, in microseconds.
    var dur: Double?
    var pid = 1
    var tid = 1
    var args: Details
  }

  /// The details that viewers show for an event.
  struct Details: Encodable {
    var name: String?
    var node: String?
    var algorithm: String?
    var shape: [Int]?
    var multiplyAccumulates: Int?
  }

  var displayTimeUnit = "ms"
  var traceEvents: [Event]

  /// - Parameters:
  ///   - layers: The steps of a session.
  ///   - title: The name of the track.
  init(_ layers: [LayerTime], title: String) {
    traceEvents = [Event(name: "process_name", ph: "M", args: Details(name: title))]
    for layer in layers {
      let (begin, end) = (Double(layer.lastRun.lowerBound), Double(layer.lastRun.upperBound))
      traceEvents.append(
        Event(
          name: "\(layer.operation), \(layer.algorithm)", cat: layer.operation, ph: "X", ts: begin / 1e3,
          dur: (end - begin) / 1e3,
          args: Details(
            node: layer.node, algorithm: layer.algorithm, shape: layer.shape,
            multiplyAccumulates: layer.multiplyAccumulates > 0 ? layer.multiplyAccumulates : nil)))
    }
  }
}
