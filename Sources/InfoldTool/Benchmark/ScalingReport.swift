import InfoldRuntime
import InfoldSystem

/// How a network would scale with the number of cores, predicted from the times of its steps on one
/// thread.
struct ScalingReport: Encodable {
  /// A number of cores, with one thread each.
  struct Point: Encodable {
    var cores: Int
    var milliseconds: Double
    /// The speedup over one core.
    var speedup: Double
    /// The time in which one thread works while the others wait.
    var serialMilliseconds: Double
  }

  /// Consecutive steps that run on one thread.
  struct SerialPart: Encodable {
    var milliseconds: Double
    /// The names of the steps.
    var layers: [String]
  }

  /// A step on the largest number of cores.
  struct Layer: Encodable {
    var name: String
    var operation: String
    var algorithm: String
    var shape: [Int]
    var tasks: Int
    var milliseconds: Double
    var share: Double
    /// The time on one thread.
    var aloneMilliseconds: Double
  }

  /// The numbers of cores reported.
  static let cores = [1, 2, 4, 8, 16, 32, 64]
  /// The number of steps listed.
  private static let listedCount = 10

  /// The cost of an empty job on two threads.
  var barrierNanoseconds: Double
  /// Whether it was measured rather than assumed.
  var isBarrierMeasured: Bool
  var points: [Point]
  /// The longest serial part on the largest number of cores, or `nil` if all steps run in parallel.
  var longestSerialPart: SerialPart?
  /// The upper limit of the speedup over one core, given the serial parts. `nil` if there are none.
  var serialLimit: Double?
  /// The steps that take longest on the largest number of cores.
  var layers: [Layer]

  /// - Parameter predictions: The predictions for each number of cores, the smallest first.
  init(_ predictions: [ScalingPrediction], barrier: ScalingPrediction.Barrier, isBarrierMeasured: Bool) {
    barrierNanoseconds = barrier.pair
    self.isBarrierMeasured = isBarrierMeasured
    let alone = predictions[0].nanoseconds, widest = predictions.last!
    points = predictions.map { prediction in
      Point(
        cores: prediction.threads, milliseconds: prediction.nanoseconds * 1e-6,
        speedup: alone / max(prediction.nanoseconds, 1), serialMilliseconds: prediction.serialNanoseconds * 1e-6)
    }
    let part = widest.longestSerialPart
    if !part.isEmpty {
      longestSerialPart = SerialPart(
        milliseconds: part.reduce(0) { $0 + $1.nanoseconds } * 1e-6,
        layers: part.map { ProfileReport.name($0.time.node) })
    }
    serialLimit = widest.serialNanoseconds > 0 ? alone / widest.serialNanoseconds : nil
    layers = widest.layers.sorted { $0.nanoseconds > $1.nanoseconds }.prefix(Self.listedCount).map { layer in
      Layer(
        name: ProfileReport.name(layer.time.node), operation: layer.time.operation, algorithm: layer.time.algorithm,
        shape: layer.time.shape, tasks: layer.tasks, milliseconds: layer.nanoseconds * 1e-6,
        share: layer.nanoseconds / max(widest.nanoseconds, 1), aloneMilliseconds: Double(layer.time.nanoseconds) * 1e-6)
    }
  }
}

extension ScalingReport {
  /// The report as text.
  var text: String {
    var table = Table(
      (title: "cores", alignment: .right), (title: "ms", alignment: .right), (title: "speedup", alignment: .right),
      (title: "of ideal", alignment: .right), (title: "serial ms", alignment: .right))
    for point in points {
      table.add(
        "\(point.cores)", NumberText.fixed(point.milliseconds, digits: 3), NumberText.fixed(point.speedup, digits: 2),
        NumberText.percentage(point.speedup / Double(point.cores)),
        NumberText.fixed(point.serialMilliseconds, digits: 3))
    }
    var steps = Table(
      (title: "node", alignment: .left), (title: "operators", alignment: .left), (title: "algorithm", alignment: .left),
      (title: "output", alignment: .left), (title: "tasks", alignment: .right), (title: "ms", alignment: .right),
      (title: "share", alignment: .right), (title: "ms on 1 core", alignment: .right), dispensable: ["node"])
    for layer in layers {
      steps.add(
        String(printable: layer.name), String(printable: layer.operation), layer.algorithm,
        layer.shape.map(String.init).joined(separator: "×"), "\(layer.tasks)",
        NumberText.fixed(layer.milliseconds, digits: 4), NumberText.percentage(layer.share),
        NumberText.fixed(layer.aloneMilliseconds, digits: 4))
    }
    let most = points.last!.cores
    return table.text + "\n  Longest steps on \(most) cores:\n" + steps.text + "\n" + serialText
      + "\n  Predicted from the times on one thread. Starting a job on two threads takes "
      + "\(NumberText.fixed(barrierNanoseconds, digits: 0)) ns "
      + "(\(isBarrierMeasured ? "measured" : "assumed")).\n"
      + "  Effects of shared resources, such as memory bandwidth, are not modeled.\n"
  }

  private var serialText: String {
    guard let part = longestSerialPart, let serialLimit, let first = part.layers.first, let last = part.layers.last
    else { return "  Every step runs in parallel.\n" }
    let names =
      part.layers.count == 1
      ? String(printable: first)
      : "\(part.layers.count) steps from \(String(printable: first)) to \(String(printable: last))"
    return "  Longest serial part: \(NumberText.fixed(part.milliseconds, digits: 4)) ms, \(names).\n"
      + "  All serial parts together limit the speedup to \(NumberText.fixed(serialLimit, digits: 1)).\n"
  }
}
