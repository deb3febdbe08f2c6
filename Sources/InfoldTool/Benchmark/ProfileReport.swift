import InfoldRuntime

/// Where the time of an inference goes.
struct ProfileReport: Encodable {
  /// One step.
  struct Layer: Encodable {
    var node: String
    var operation: String
    var algorithm: String
    var shape: [Int]
    var milliseconds: Double
    var share: Double
    var gflops: Double?
  }

  /// The steps of one kind together.
  struct Total: Encodable {
    var operation: String
    var algorithm: String
    var steps: Int
    var milliseconds: Double
    var share: Double
  }

  var milliseconds: Double
  var layers: [Layer]
  var totals: [Total]

  init(_ times: [LayerTime]) {
    let total = max(Double(times.reduce(0) { $0 + $1.nanoseconds }), 1)
    milliseconds = total * 1e-6
    layers = times.map { time in
      let nanoseconds = Double(time.nanoseconds)
      return Layer(
        node: time.node, operation: time.operation, algorithm: time.algorithm, shape: time.shape,
        milliseconds: nanoseconds * 1e-6, share: nanoseconds / total,
        gflops: time.multiplyAccumulates > 0 && nanoseconds > 0
          ? 2 * Double(time.multiplyAccumulates) / nanoseconds : nil)
    }
    var totals: [String: Total] = [:]
    for layer in layers {
      var entry =
        totals[layer.operation + "\n" + layer.algorithm]
        ?? Total(operation: layer.operation, algorithm: layer.algorithm, steps: 0, milliseconds: 0, share: 0)
      entry.steps += 1
      entry.milliseconds += layer.milliseconds
      entry.share += layer.share
      totals[layer.operation + "\n" + layer.algorithm] = entry
    }
    self.totals = totals.values.sorted { ($1.milliseconds, $0.operation) < ($0.milliseconds, $1.operation) }
  }

  var text: String {
    var table = Table(
      (title: "operators", alignment: .left), (title: "algorithm", alignment: .left),
      (title: "output", alignment: .left), (title: "ms", alignment: .right), (title: "share", alignment: .right),
      (title: "GFLOP/s", alignment: .right))
    for layer in layers {
      table.add(
        String(printable: layer.operation), layer.algorithm, layer.shape.map(String.init).joined(separator: "×"),
        NumberText.fixed(layer.milliseconds, digits: 4), NumberText.percentage(layer.share),
        layer.gflops.map { NumberText.fixed($0, digits: 1) } ?? "")
    }
    var sums = Table(
      (title: "operators", alignment: .left), (title: "algorithm", alignment: .left),
      (title: "steps", alignment: .right), (title: "ms", alignment: .right), (title: "share", alignment: .right))
    for total in totals {
      sums.add(
        String(printable: total.operation), total.algorithm, "\(total.steps)",
        NumberText.fixed(total.milliseconds, digits: 4), NumberText.percentage(total.share))
    }
    return table.text + "\n" + sums.text
      + "\n  \(NumberText.fixed(milliseconds, digits: 3)) ms in \(layers.count) steps\n"
  }
}
