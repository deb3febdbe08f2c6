import InfoldGraph
import InfoldQuantization
import InfoldSystem

/// What `quantize` did, and by how much the result differs from the float network.
struct QuantizationReport: Encodable {
  /// The number of samples.
  let samples: Int
  /// What may be wrong with how the model was quantized.
  let warnings: [String]
  /// How ranges were found.
  let method: String
  /// The batch normalizations that were folded.
  let foldedNormalizations: Int
  /// The opset of the original, where it had to be raised.
  let raisedFromOpset: Int?
  /// The opset of the quantized model.
  let opset: Int
  /// The nodes that compute with quantized numbers.
  let quantizedNodes: Int
  /// The nodes that could have been quantized.
  let refusals: [Refusal]
  /// The quantized values, in the order in which they are made.
  let values: [Value]
  /// The quantized weights, in topological order.
  let weights: [Weights]
  /// The outputs of the network that are floats.
  let outputs: [Output]
  /// How many of `rows` have the same best class in both networks; `nil` where the first output holds no scores.
  let sameBestClass: Int?
  /// The rows of scores.
  let rows: Int
  /// The size of the original's file in bytes, without external data; `nil` for one that came from a pipe.
  let bytesBefore: Int?
  /// The size of the quantized model's file in bytes; `nil` where it went into a pipe.
  let bytesAfter: Int?
  /// The file that holds the quantized model.
  let output: String

  /// A node that stays as it is.
  struct Refusal: Encodable {
    let node: String
    let reason: String
  }

  /// A quantized value.
  struct Value: Encodable {
    let name: String
    /// The node that makes it; `nil` for an input.
    let node: String?
    let lower: Double
    let upper: Double
    let scale: Float
    let zeroPoint: UInt8
    /// The signal-to-noise ratio in dB against the float network, errors of what lies before included; `nil` without a signal.
    let sqnr: Double?
    /// The sample where it is lowest.
    let worstSample: WorstSample?
  }

  /// Where the signal-to-noise ratio is lowest.
  struct WorstSample: Encodable {
    /// The sample's file, or folder of files.
    let name: String
    /// The ratio in dB; `nil` where there is no signal.
    let sqnr: Double?

    init?(_ quality: SampledQuality, names: [String]) {
      guard let worst = quality.worst else { return nil }
      name = names[worst.sample]
      sqnr = worst.quality.decibels
    }
  }

  /// The quantized weights of a node.
  struct Weights: Encodable {
    let node: String
    let count: Int
    /// The signal-to-noise ratio in dB; `nil` where all are zero.
    let sqnr: Double?
  }

  /// An output of the network.
  struct Output: Encodable {
    let name: String
    /// The signal-to-noise ratio in dB over all samples; `nil` without a signal.
    let sqnr: Double?
    /// The sample where it is lowest.
    let worstSample: WorstSample?
  }

  /// The number of samples below which the report warns.
  private static let enoughSamples = 32

  init(
    _ quantizer: StaticQuantizer, _ network: QuantizedNetwork, _ comparison: QuantizationComparison, samples: [String],
    method: String, output: String, bytesBefore: Int?, bytesAfter: Int?
  ) {
    self.samples = samples.count
    warnings =
      samples.count < Self.enoughSamples
      ? [
        "\(samples.count) \(samples.count == 1 ? "sample is" : "samples are") few: values that they do not show are cut off; take some hundred"
      ]
      : []
    self.method = method
    foldedNormalizations = quantizer.folding.foldedNormalizations
    raisedFromOpset = quantizer.raisedFrom
    opset = quantizer.opset
    quantizedNodes = quantizer.operationCount
    refusals = quantizer.refusals.map { Refusal(node: $0.node, reason: $0.description) }
    values = zip(network.activations, comparison.activations).map { activation, quality in
      Value(
        name: activation.name, node: activation.node, lower: activation.range.lowerBound,
        upper: activation.range.upperBound, scale: activation.scale.scale, zeroPoint: activation.scale.zeroPoint,
        sqnr: quality.pooled.decibels, worstSample: WorstSample(quality, names: samples))
    }
    weights = network.weights.map { Weights(node: $0.node, count: $0.count, sqnr: $0.quality.decibels) }
    outputs = comparison.outputs.map {
      Output(
        name: $0.name, sqnr: $0.quality.pooled.decibels, worstSample: WorstSample($0.quality, names: samples))
    }
    sameBestClass = comparison.agreements
    rows = comparison.rows
    self.bytesBefore = bytesBefore
    self.bytesAfter = bytesAfter
    self.output = output
  }
}

extension QuantizationReport {
  /// Lines for people.
  var text: String {
    var lines = [
      "\(NumberText.counted(quantizedNodes, "node")) quantized, ranges of \(NumberText.counted(samples, "sample")) (\(method))"
    ]
    if foldedNormalizations > 0 {
      lines.append("\(NumberText.counted(foldedNormalizations, "batch normalization")) folded before")
    }
    if let raisedFromOpset { lines.append("brought from opset \(raisedFromOpset) to \(opset)") }
    lines += refusals.map { "\(String(printable: $0.node)) stays: \($0.reason)" }
    var text = lines.map { $0.paragraph() }.joined() + "\n"
    var table = Table(
      ("value", .left), ("range", .right), ("scale", .right), ("zero", .right), ("SQNR dB", .right), ("worst", .right),
      dispensable: ["zero", "scale", "range"])
    for value in values {
      table.add(
        String(printable: value.name), Self.range(value.lower, value.upper),
        NumberText.significant(Double(value.scale), digits: 3), "\(value.zeroPoint)", Self.decibels(value.sqnr),
        Self.decibels(value.worstSample?.sqnr))
    }
    text += table.text + "\n"
    var ends = [weightsText] + outputs.map(\.text)
    if let sameBestClass { ends.append("the same best class for \(sameBestClass) of \(rows)") }
    let sizes = bytesAfter.map { ": " + NumberText.scaled($0, unit: "B") } ?? ""
    let instead = bytesAfter == nil ? nil : bytesBefore.map { " instead of " + NumberText.scaled($0, unit: "B") }
    ends.append("written to \(ModelOutput(argument: output).name)" + sizes + (instead ?? ""))
    return text + ends.map { $0.paragraph() }.joined()
      + warnings.map { "warning: \($0)".styled(.yellow).paragraph() }.joined()
  }

  private var weightsText: String {
    let count = NumberText.counted(weights.reduce(0) { $0 + $1.count }, "weight")
    guard let worst = weights.filter({ $0.sqnr != nil }).min(by: { $0.sqnr! < $1.sqnr! }) else {
      return "\(count) quantized"
    }
    return "\(count) quantized: at least \(Self.decibels(worst.sqnr)) dB, in \(String(printable: worst.node))"
  }

  private static func range(_ lower: Double, _ upper: Double) -> String {
    "\(NumberText.significant(lower, digits: 3)) … \(NumberText.significant(upper, digits: 3))"
  }

  fileprivate static func decibels(_ ratio: Double?) -> String {
    ratio.map { NumberText.fixed($0, digits: 1) } ?? "—"
  }
}

extension QuantizationReport.Output {
  fileprivate var text: String {
    let text = "output \(String(printable: name)): \(QuantizationReport.decibels(sqnr)) dB"
    guard let worstSample else { return text }
    return text
      + ", at worst \(QuantizationReport.decibels(worstSample.sqnr)) dB, for \(String(printable: worstSample.name))"
  }
}
