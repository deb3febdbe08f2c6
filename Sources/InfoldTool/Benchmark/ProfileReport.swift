import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The time of each layer of an inference.
struct ProfileReport: Encodable {
  /// A step.
  struct Layer: Encodable {
    var node: String
    /// The name of the node, or of its first output if it has none.
    var name: String
    /// The names of all nodes that the step computes.
    var nodes: [String]
    var operation: String
    var algorithm: String
    /// The algorithms chosen by measurement, or `nil` if there are none.
    var measuredChoices: [String]?
    var shape: [Int]
    /// How often the step runs: once per image of a batch, and per iteration of a surrounding Loop.
    var repetitions: Int
    var milliseconds: Double
    var share: Double
    /// Operations of the operator's definition, in 10⁹ per second. `nil` if they are not counted.
    var gflops: Double?
    /// The rate as a fraction of the machine's peak, for floats or for 8-bit integers, whichever
    /// the step multiplies.
    var shareOfPeak: Double?
    /// The steps in the bodies of an If or a Loop, included in its time. `nil` for other nodes.
    var bodies: [Layer]?
  }

  /// All steps of one kind, without those in bodies.
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
  /// The peak of `threads` threads in registers alone, in 10⁹ operations per second.
  var peakGFLOPs: Double
  /// The peak of 8-bit products, or `nil` if no step has any.
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
  ///   - times: The steps of a session in order.
  ///   - peak: The peak of the machine with the same number of threads, in 10⁹ operations per
  ///     second; more than 0.
  ///   - bytePeak: The peak of 8-bit products, evaluated only if a step has any.
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

  /// The quoted part of a node's name in error messages.
  static func name(_ label: String) -> String {
    guard let first = label.firstIndex(of: "\""), let last = label.lastIndex(of: "\""), first < last else {
      return label
    }
    return String(label[label.index(after: first)..<last])
  }

  /// The steps with those in bodies, each after the step that contains it.
  var listed: [(layer: Layer, depth: Int)] { layers.flatMap { Self.listed($0, depth: 0) } }

  private static func listed(_ layer: Layer, depth: Int) -> [(layer: Layer, depth: Int)] {
    [(layer, depth)] + (layer.bodies ?? []).flatMap { listed($0, depth: depth + 1) }
  }

  /// A sum of steps.
  private struct Group {
    let nanoseconds: Double
    /// The multiply-accumulates, and the time of the steps that have any.
    private let counted: (multiplyAccumulates: Int, nanoseconds: Double)

    init(_ steps: [LayerTime]) {
      nanoseconds = steps.reduce(0) { $0 + Double($1.nanoseconds) }
      counted = steps.reduce((0, 0)) { sums, step in
        guard step.multiplyAccumulates > 0 else { return sums }
        return (sums.0 + step.multiplyAccumulates, sums.1 + Double(step.nanoseconds))
      }
    }

    /// In 10⁹ operations per second, two for each multiply-accumulate.
    var gflops: Double? {
      counted.nanoseconds > 0 ? 2 * Double(counted.multiplyAccumulates) / counted.nanoseconds : nil
    }
  }
}

extension LayerTime {
  /// Whether the step, or a step in its bodies, multiplies 8-bit integers.
  fileprivate var hasBytes: Bool { multipliesBytes || bodies.contains(where: \.hasBytes) }
}
