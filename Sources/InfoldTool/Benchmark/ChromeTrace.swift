import InfoldRuntime

/// One run in Chrome's trace event format: a complete event for each step, all on one track, since steps run one after the
/// other.
struct ChromeTrace: Encodable {
  /// An event.
  struct Event: Encodable {
    var name: String
    /// The category, by which viewers filter: the operators.
    var cat: String?
    /// The kind: `X` for a complete event, `M` for a name.
    var ph: String
    /// When it begins, in microseconds.
    var ts: Double?
    /// How long it takes, in microseconds.
    var dur: Double?
    var pid = 1
    var tid = 1
    var args: Details
  }

  /// What viewers show of an event.
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
  ///   - title: How viewers call the track.
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
