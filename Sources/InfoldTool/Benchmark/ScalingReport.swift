import InfoldRuntime
import InfoldSystem

/// How a network would scale with the number of cores, by the times of its steps with one thread.
struct ScalingReport: Encodable {
  /// A number of cores, each with a thread.
  struct Point: Encodable {
    var cores: Int
    var milliseconds: Double
    /// Over one core.
    var speedup: Double
    /// The time in which one thread works and the others wait.
    var serialMilliseconds: Double
  }

  /// Steps in a row that one thread does.
  struct SerialPart: Encodable {
    var milliseconds: Double
    /// Their names.
    var layers: [String]
  }

  /// A step with the most cores.
  struct Layer: Encodable {
    var name: String
    var operation: String
    var algorithm: String
    var shape: [Int]
    var tasks: Int
    var milliseconds: Double
    var share: Double
    /// With one thread.
    var aloneMilliseconds: Double
  }

  /// The numbers of cores of a report.
  static let cores = [1, 2, 4, 8, 16, 32, 64]
  /// As many steps are listed.
  private static let listedCount = 10

  /// What a job costs two threads that has no work.
  var barrierNanoseconds: Double
  /// Whether that was measured, and not supposed.
  var isBarrierMeasured: Bool
  var points: [Point]
  /// With the most cores; `nil` where all steps are shared.
  var longestSerialPart: SerialPart?
  /// How many times as fast as with one core it could be at most, for what one thread does; `nil` where there is nothing of that kind.
  var serialLimit: Double?
  /// The steps that take longest with the most cores.
  var layers: [Layer]

  /// - Parameter predictions: For the numbers of cores, the smallest one first.
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
  /// Lines for people.
  var text: String {
    var table = Table(
      (title: "cores", alignment: .right), (title: "ms", alignment: .right), (title: "speed-up", alignment: .right),
      (title: "of ideal", alignment: .right), (title: "one thread alone, ms", alignment: .right))
    for point in points {
      table.add(
        "\(point.cores)", NumberText.fixed(point.milliseconds, digits: 3), NumberText.fixed(point.speedup, digits: 2),
        NumberText.percentage(point.speedup / Double(point.cores)),
        NumberText.fixed(point.serialMilliseconds, digits: 3))
    }
    var steps = Table(
      (title: "node", alignment: .left), (title: "operators", alignment: .left), (title: "algorithm", alignment: .left),
      (title: "output", alignment: .left), (title: "tasks", alignment: .right), (title: "ms", alignment: .right),
      (title: "share", alignment: .right), (title: "1 core, ms", alignment: .right), dispensable: ["node"])
    for layer in layers {
      steps.add(
        String(printable: layer.name), String(printable: layer.operation), layer.algorithm,
        layer.shape.map(String.init).joined(separator: "×"), "\(layer.tasks)",
        NumberText.fixed(layer.milliseconds, digits: 4), NumberText.percentage(layer.share),
        NumberText.fixed(layer.aloneMilliseconds, digits: 4))
    }
    let most = points.last!.cores
    return table.text + "\n  What takes longest with \(most) cores:\n" + steps.text + "\n" + serialText
      + "\n  Predicted from the times with one thread; a job costs two threads \(NumberText.fixed(barrierNanoseconds, digits: 0)) ns "
      + "(\(isBarrierMeasured ? "measured" : "supposed")).\n"
      + "  What threads share, such as the bandwidth of the memory, is left out.\n"
  }

  private var serialText: String {
    guard let part = longestSerialPart, let serialLimit, let first = part.layers.first, let last = part.layers.last
    else { return "  Every step is shared.\n" }
    let names =
      part.layers.count == 1
      ? String(printable: first)
      : "\(part.layers.count) steps from \(String(printable: first)) to \(String(printable: last))"
    return "  Longest part that one thread does: \(NumberText.fixed(part.milliseconds, digits: 4)) ms, \(names).\n"
      + "  All such parts together allow a speed-up of \(NumberText.fixed(serialLimit, digits: 1)) at most.\n"
  }
}
