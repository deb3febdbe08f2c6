import InfoldQuantization

/// What `quantize` says of its work.
struct QuantizationSummary: Encodable {
  struct Value: Encodable {
    let name: String
    let scale: Float
    let zeroPoint: Int
    /// In decibels.
    let signalToNoise: Double?
  }

  struct Weights: Encodable {
    let node: String
    /// In decibels.
    let signalToNoise: Double?
  }

  let nodes: Int
  let quantizedNodes: Int
  let samples: Int
  /// The samples for which both models put the same class first.
  let agreeing: Int
  let bytesBefore: Int
  let bytesAfter: Int
  let values: [Value]
  let weights: [Weights]
  let output: String

  init(_ report: QuantizationReport, bytesBefore: Int, bytesAfter: Int, output: String) {
    nodes = report.nodes
    quantizedNodes = report.quantizedNodes
    samples = report.samples
    agreeing = report.agreeing
    self.bytesBefore = bytesBefore
    self.bytesAfter = bytesAfter
    values = report.values.map {
      Value(name: $0.name, scale: $0.scale, zeroPoint: $0.zeroPoint, signalToNoise: $0.signalToNoise)
    }
    weights = report.weights.map { Weights(node: $0.node, signalToNoise: $0.signalToNoise) }
    self.output = output
  }

  /// Lines for people: the values in their order with the error of each, and what the model has become.
  var text: String {
    var table = Table(
      ("value", .left), ("scale", .right), ("zero", .right), ("signal to noise", .right), dispensable: ["zero"])
    for value in values {
      table.add(
        String(printable: value.name), NumberText.significant(Double(value.scale), digits: 3), "\(value.zeroPoint)",
        Self.decibels(value.signalToNoise))
    }
    let worst = weights.compactMap { weight in weight.signalToNoise.map { (weight.node, $0) } }.min { $0.1 < $1.1 }
    var lines = ["\(quantizedNodes) of \(nodes) nodes compute with 8 bits".styled(.bold)]
    if let (node, ratio) = worst {
      lines.append("weights: at least \(Self.decibels(ratio)), in \(String(printable: node))")
    }
    lines.append("the same class first for \(agreeing) of \(samples) samples")
    lines.append(
      "\(NumberText.grouped(bytesBefore)) bytes became \(NumberText.grouped(bytesAfter)), written to "
        + String(printable: output))
    return table.text + "\n" + lines.map { $0.paragraph() }.joined()
  }

  private static func decibels(_ ratio: Double?) -> String {
    ratio.map { NumberText.significant($0, digits: 3) + " dB" } ?? "—"
  }
}
