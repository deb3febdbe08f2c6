import InfoldGraph
import InfoldQuantization
import InfoldSystem

/// The report of `infold quantize`, with the differences from the float network.
struct QuantizationReport: Encodable {
  /// The number of samples; 0 if ranges come from batch normalizations and random pictures.
  let samples: Int
  /// The number of samples or random pictures on which both networks were compared.
  let compared: Int
  /// Warnings about too few samples, and about ranges from random pictures.
  let warnings: [String]
  /// The calibration method.
  let method: String
  /// The effect of each method, in the order of application.
  let steps: [Step]
  /// The number of channels whose scale changed.
  let equalizedChannels: Int
  /// The nodes that stay in float within the budget.
  let floatNodes: [FloatNode]
  /// The layers whose rounding was not searched because of the limit.
  let unsearchedLayers: [String]
  /// The number of batch normalizations that were folded.
  let foldedNormalizations: Int
  /// The opset of the original model if it had to be raised.
  let raisedFromOpset: Int?
  /// The opset of the quantized model.
  let opset: Int
  /// The number of nodes that compute with quantized numbers.
  let quantizedNodes: Int
  /// The nodes that could be quantized and are not, with reasons.
  let refusals: [Refusal]
  /// The quantized values in topological order.
  let values: [Value]
  /// The quantized weights, in topological order.
  let weights: [Weights]
  /// The float outputs of the network.
  let outputs: [Output]
  /// The number of rows with the same best class in both networks; `nil` if the first output holds
  /// no scores.
  let sameBestClass: Int?
  /// The number of rows of scores.
  let rows: Int
  /// The size of the original file in bytes, without external data; `nil` if it came from a pipe.
  let bytesBefore: Int?
  /// The size of the quantized file in bytes; `nil` if it went into a pipe.
  let bytesAfter: Int?
  /// The file of the quantized model.
  let output: String

  /// A node that was not quantized.
  struct Refusal: Encodable {
    let node: String
    let reason: String
  }

  /// The effect of a method.
  struct Step: Encodable {
    let method: String
    /// The signal-to-noise ratio at the outputs in dB with this method and those before it; `nil`
    /// without a signal.
    let sqnr: Double?
    let sameBestClass: Int?
    let rows: Int
    /// Whether the network uses the method.
    let kept: Bool
  }

  /// A node that stays in float.
  struct FloatNode: Encodable {
    let node: String
    /// The node's percentage of the multiplications.
    let share: Double
    /// The signal-to-noise ratio at the outputs in dB, with this node and those before it in float.
    let sqnr: Double?
  }

  /// The histogram of a value.
  struct Histogram: Encodable {
    let lower: Double
    let upper: Double
    let counts: [Int]
  }

  /// A quantized value.
  struct Value: Encodable {
    let name: String
    /// The node that produces it; `nil` for an input.
    let node: String?
    let lower: Double
    let upper: Double
    let scale: Float
    let zeroPoint: UInt8
    /// The source of the range.
    let origin: String
    /// The counts of its numbers in equal parts of the observed range; `nil` if none were observed.
    let histogram: Histogram?
    /// The signal-to-noise ratio in dB against the float network, including the errors of all
    /// earlier nodes; `nil` without a signal.
    let sqnr: Double?
    /// The sample with the lowest ratio.
    let worstSample: WorstSample?
  }

  /// The sample with the lowest signal-to-noise ratio.
  struct WorstSample: Encodable {
    /// The file of the sample, or the folder of its files.
    let name: String
    /// The ratio in dB; `nil` without a signal.
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
    /// The signal-to-noise ratio in dB; `nil` if all weights are zero.
    let sqnr: Double?
  }

  /// An output of the network.
  struct Output: Encodable {
    let name: String
    /// The signal-to-noise ratio in dB over all samples; `nil` without a signal.
    let sqnr: Double?
    /// The sample with the lowest ratio.
    let worstSample: WorstSample?
  }

  /// The number of samples below which the report warns.
  private static let enoughSamples = 32

  init(
    _ quantizer: StaticQuantizer, _ network: QuantizedNetwork, _ comparison: QuantizationComparison,
    samples: [String]?, compared: [String], method: String, output: String, bytesBefore: Int?, bytesAfter: Int?
  ) {
    self.samples = samples?.count ?? 0
    self.compared = compared.count
    warnings = Self.warnings(samples?.count, network)
    steps = network.steps.map {
      Step(
        method: $0.method.rawValue, sqnr: $0.decibels, sameBestClass: $0.agreements, rows: $0.rows, kept: $0.isKept)
    }
    equalizedChannels = network.equalizedChannels
    floatNodes = network.floatNodes.map { FloatNode(node: $0.node, share: $0.share, sqnr: $0.decibels) }
    unsearchedLayers = network.unsearchedLayers
    self.method = method
    foldedNormalizations = quantizer.folding.foldedNormalizations
    raisedFromOpset = quantizer.raisedFrom
    opset = quantizer.opset
    quantizedNodes = network.operationCount
    refusals = quantizer.refusals.map { Refusal(node: $0.node, reason: $0.description) }
    values = zip(network.activations, comparison.activations).map { activation, quality in
      Value(
        name: activation.name, node: activation.node, lower: activation.range.lowerBound,
        upper: activation.range.upperBound, scale: activation.scale.scale, zeroPoint: activation.scale.zeroPoint,
        origin: activation.origin.rawValue,
        histogram: activation.histogram.map {
          Histogram(lower: $0.range.lowerBound, upper: $0.range.upperBound, counts: $0.counts)
        },
        sqnr: quality.pooled.decibels, worstSample: WorstSample(quality, names: compared))
    }
    weights = network.weights.map { Weights(node: $0.node, count: $0.count, sqnr: $0.quality.decibels) }
    outputs = comparison.outputs.map {
      Output(
        name: $0.name, sqnr: $0.quality.pooled.decibels, worstSample: WorstSample($0.quality, names: compared))
    }
    sameBestClass = comparison.agreements
    rows = comparison.rows
    self.bytesBefore = bytesBefore
    self.bytesAfter = bytesAfter
    self.output = output
  }
}

extension QuantizationReport {
  private static func warnings(_ samples: Int?, _ network: QuantizedNetwork) -> [String] {
    var warnings: [String] = []
    if let samples, samples < enoughSamples {
      warnings.append(
        "\(samples) \(samples == 1 ? "sample is" : "samples are") few: larger numbers than theirs are clipped; use \(enoughSamples) or more"
      )
    }
    let guessed = network.activations.count { $0.origin == .noise }
    if guessed > 0 {
      warnings.append(
        "\(NumberText.counted(guessed, "value")) got a range from random pictures; use samples like the real inputs"
      )
    }
    return warnings
  }

  /// The sources of the ranges, as text.
  var evidence: String {
    if samples > 0 { return "ranges of \(NumberText.counted(samples, "sample")) (\(method))" }
    let parts = RangeOrigin.allCases.compactMap { origin -> String? in
      let count = values.count { $0.origin == origin.rawValue }
      return count == 0 ? nil : "\(count) \(Self.text(origin))"
    }
    return "without samples: ranges " + parts.joined(separator: ", ")
  }

  private static func text(_ origin: RangeOrigin) -> String {
    switch origin {
    case .samples: "from samples"
    case .statistics: "from batch normalization"
    case .estimate: "estimated through weights"
    case .noise: "from random pictures"
    case .given: "from preprocessing"
    }
  }

  /// Returns the display name of a method.
  static func text(_ method: String) -> String {
    switch QuantizationStep.Method(rawValue: method) {
    case .plain?: "plain"
    case .equalization?: "channel equalization"
    case .ranges?: "ranges"
    case .biasCorrection?: "bias correction"
    case .roundingSearch?: "rounding search"
    case .floatNodes?: "float nodes"
    case nil: method
    }
  }

  /// The report as text for the terminal.
  var text: String {
    var lines = [
      "\(NumberText.counted(quantizedNodes, "node")) quantized, \(evidence)"
    ]
    if foldedNormalizations > 0 {
      lines.append("\(NumberText.counted(foldedNormalizations, "batch normalization")) folded")
    }
    if let raisedFromOpset { lines.append("raised from opset \(raisedFromOpset) to \(opset)") }
    lines += refusals.map { "\(String(printable: $0.node)) is not quantized: \($0.reason)" }
    lines += floatNodes.map {
      "\(String(printable: $0.node)) stays in float: \(NumberText.fixed($0.share, digits: 2)) % of the multiplications"
    }
    if !unsearchedLayers.isEmpty {
      lines.append(
        "\(NumberText.counted(unsearchedLayers.count, "layer")) rounded to nearest because of the rounding limit"
      )
    }
    var text = lines.map { $0.paragraph() }.joined() + "\n" + stepsTable + "\n"
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

  private var stepsTable: String {
    var table = Table(("method", .left), ("SQNR dB", .right), ("same class", .right), ("", .left))
    for step in steps {
      table.add(
        Self.text(step.method), Self.decibels(step.sqnr), step.sameBestClass.map { "\($0) of \(step.rows)" } ?? "—",
        step.kept ? "" : "not used")
    }
    return table.text
  }

  private var weightsText: String {
    let count = NumberText.counted(weights.reduce(0) { $0 + $1.count }, "weight")
    guard let worst = weights.filter({ $0.sqnr != nil }).min(by: { $0.sqnr! < $1.sqnr! }) else {
      return "\(count) quantized"
    }
    return "\(count) quantized: lowest SQNR \(Self.decibels(worst.sqnr)) dB, in \(String(printable: worst.node))"
  }

  private static func range(_ lower: Double, _ upper: Double) -> String {
    "\(NumberText.significant(lower, digits: 3)) … \(NumberText.significant(upper, digits: 3))"
  }

  static func decibels(_ ratio: Double?) -> String {
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
