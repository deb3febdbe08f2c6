import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Where the time of an inference goes.
struct ProfileReport: Encodable {
  /// One step.
  struct Layer: Encodable {
    var node: String
    /// The node's own name, or that of the value that it makes.
    var name: String
    /// The names of all nodes that the step does something for.
    var nodes: [String]
    var operation: String
    var algorithm: String
    /// What was chosen by measurement; `nil` where nothing was.
    var measuredChoices: [String]?
    var shape: [Int]
    /// How often it ran: for each image of a batch, and for each trip of a Loop around it.
    var repetitions: Int
    var milliseconds: Double
    var share: Double
    /// Those of the standard's definition, in 10⁹ per second; `nil` where it does not count.
    var gflops: Double?
    /// Of what the machine can do in registers alone, with floats or with bytes as the step has them.
    var shareOfPeak: Double?
    /// The steps in the bodies of an If or a Loop, which are part of it; `nil` for other nodes.
    var bodies: [Layer]?
  }

  /// The steps of one kind together, without those in bodies.
  struct Total: Encodable {
    var operation: String
    var algorithm: String
    var steps: Int
    var milliseconds: Double
    var share: Double
    var gflops: Double?
    var shareOfPeak: Double?
  }

  var threads: Int
  var instructionSet: String
  /// What `threads` threads can do in registers alone, in 10⁹ operations per second.
  var peakGFLOPs: Double
  /// The same of products of bytes; `nil` where no step has any.
  var peakInt8GOPs: Double?
  var milliseconds: Double
  var layers: [Layer]
  var totals: [Total]

  private enum CodingKeys: String, CodingKey {
    case threads, instructionSet, milliseconds, layers, totals
    case peakGFLOPs = "peakGflops"
    case peakInt8GOPs = "peakInt8Gops"
  }

  /// - Parameters:
  ///   - times: The steps of a session, in their order.
  ///   - peak: What the machine can do with as many threads, in 10⁹ operations per second; more than 0.
  ///   - bytePeak: The same of products of bytes, which is asked for where there are any.
  init(
    _ times: [LayerTime], peak: Double, bytePeak: @autoclosure () -> Double, threads: Int, instructionSet: String
  ) {
    self.threads = threads
    self.instructionSet = instructionSet
    peakGFLOPs = peak
    let bytePeak = times.contains(where: \.hasBytes) ? bytePeak() : nil
    peakInt8GOPs = bytePeak
    func share(_ group: Group, _ multipliesBytes: Bool) -> Double? {
      group.gflops.map { $0 / (multipliesBytes ? bytePeak! : peak) }
    }
    let nanoseconds = Group(times).nanoseconds
    let total = max(nanoseconds, 1)
    milliseconds = nanoseconds * 1e-6
    func layer(_ time: LayerTime) -> Layer {
      let alone = Group([time])
      return Layer(
        node: time.node, name: Self.name(time.node), nodes: time.nodes, operation: time.operation,
        algorithm: time.algorithm, measuredChoices: time.measuredChoices.isEmpty ? nil : time.measuredChoices,
        shape: time.shape, repetitions: time.repetitions,
        milliseconds: alone.nanoseconds * 1e-6, share: alone.nanoseconds / total, gflops: alone.gflops,
        shareOfPeak: share(alone, time.multipliesBytes),
        bodies: time.bodies.isEmpty ? nil : time.bodies.map(layer))
    }
    layers = times.map(layer)
    totals = Dictionary(grouping: times) { [$0.operation, $0.algorithm] }
      .map { kind, steps in
        let group = Group(steps)
        return Total(
          operation: kind[0], algorithm: kind[1], steps: steps.count, milliseconds: group.nanoseconds * 1e-6,
          share: group.nanoseconds / total, gflops: group.gflops,
          shareOfPeak: share(group, steps.contains(where: \.multipliesBytes)))
      }
      .sorted { ($1.milliseconds, $0.operation, $0.algorithm) < ($0.milliseconds, $1.operation, $1.algorithm) }
  }

  /// What stands between quotes in how errors call a node.
  static func name(_ label: String) -> String {
    guard let first = label.firstIndex(of: "\""), let last = label.lastIndex(of: "\""), first < last else {
      return label
    }
    return String(label[label.index(after: first)..<last])
  }

  /// The steps with those in bodies, each behind the one that it is part of.
  var listed: [(layer: Layer, depth: Int)] { layers.flatMap { Self.listed($0, depth: 0) } }

  private static func listed(_ layer: Layer, depth: Int) -> [(layer: Layer, depth: Int)] {
    [(layer, depth)] + (layer.bodies ?? []).flatMap { listed($0, depth: depth + 1) }
  }

  /// Steps, added up.
  private struct Group {
    let nanoseconds: Double
    /// The multiplications, and the time of the steps that have any.
    private let counted: (multiplyAccumulates: Int, nanoseconds: Double)

    init(_ steps: [LayerTime]) {
      nanoseconds = steps.reduce(0) { $0 + Double($1.nanoseconds) }
      counted = steps.reduce((0, 0)) { sums, step in
        guard step.multiplyAccumulates > 0 else { return sums }
        return (sums.0 + step.multiplyAccumulates, sums.1 + Double(step.nanoseconds))
      }
    }

    /// In 10⁹ operations per second: two for each multiplication with its addition.
    var gflops: Double? {
      counted.nanoseconds > 0 ? 2 * Double(counted.multiplyAccumulates) / counted.nanoseconds : nil
    }
  }
}

extension LayerTime {
  /// Whether it, or a step in its bodies, multiplies bytes.
  fileprivate var hasBytes: Bool { multipliesBytes || bodies.contains(where: \.hasBytes) }
}
