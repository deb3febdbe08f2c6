import InfoldSystem
import InfoldValidation

/// The output of `infold statistics`.
struct StatisticsReport: Encodable {
  /// The number of samples.
  let samples: Int
  /// The number of mini-batches.
  let batches: Int
  /// The number of samples of a mini-batch, m. The last may have fewer.
  let batchSize: Int
  /// The estimator of the variance.
  let estimator: String
  /// Whether each layer's input was computed with the new statistics of earlier layers.
  let sequential: Bool
  /// The normalizations, in topological order.
  let layers: [Layer]
  /// The diagnosis of the model.
  let diagnosis: Diagnosis
  /// The file that the model with the new statistics was written to.
  let written: String?

  /// A diagnosis without the numbers of each channel.
  struct Diagnosis: Encodable {
    /// The findings, as sentences.
    let findings: [String]
    /// The parts of the diagnosis that failed, as sentences.
    let notes: [String]
    /// The median of the layers' divergences, in nats.
    let medianDivergence: Double?
    /// The names of the layers whose running statistics do not fit.
    let misfits: [String]
    /// The number of channels with a stored or measured variance of at most epsilon.
    let deadChannels: Int
    /// The savings from removing constant channels.
    let removal: ChannelRemoval
    /// The effect of the new statistics on the outputs.
    let effect: ReestimationEffect?
    /// The fit of other preprocessing of the inputs.
    let inputs: InputDiagnosis?

    init(_ diagnosis: StatisticsDiagnosis) {
      findings = diagnosis.sentences
      notes = diagnosis.notes
      medianDivergence = diagnosis.medianDivergence
      misfits = diagnosis.misfits.map(\.name)
      deadChannels = diagnosis.deadChannelCount
      removal = diagnosis.removal
      effect = diagnosis.effect
      inputs = diagnosis.inputs
    }
  }

  /// One normalization.
  struct Layer: Encodable {
    /// The node's name, or the name of its output if the node has none.
    let name: String
    /// The granularity of the statistics: `featureMap` or `activation`.
    let per: String
    /// The shape of a mean.
    let shape: [Int]
    /// The sizes of a feature map, p and q. `nil` if they vary.
    let positions: [Int]?
    /// The number of values of a full mini-batch that share a mean: m·p·q per feature map, m per
    /// activation. `nil` if it varies.
    let valuesPerBatch: Int?
    /// The number of values of the data set that share a mean, M.
    let values: Int
    /// The number added to the variance.
    let epsilon: Double
    /// The means of the data set, and those of the model.
    let mean: [Double]
    let storedMean: [Double]?
    /// The variances of the data set, and those of the model.
    let variance: [Double]
    let storedVariance: [Double]?
    /// The divergence of its channels from the running statistics, in nats.
    let divergence: Double?
    /// The channels with a stored or measured variance of at most epsilon.
    let deadChannels: [Int]
  }

  init(
    _ statistics: ModelStatistics, _ diagnosis: StatisticsDiagnosis, batchSize: Int,
    estimator: BatchStatistics.Estimator,
    isSequential: Bool, written: String?
  ) {
    let first = statistics.layers[0].statistics
    samples = first.samples
    batches = first.batches
    let size = min(batchSize, first.samples)
    self.batchSize = size
    self.estimator = estimator.rawValue
    sequential = isSequential
    self.written = written
    self.diagnosis = Diagnosis(diagnosis)
    layers = zip(statistics.layers, diagnosis.layers).map { layer, diagnosis in
      let isPerMap = layer.statistics.granularity == .featureMap
      return Layer(
        name: layer.name, per: isPerMap ? "featureMap" : "activation", shape: layer.statistics.shape ?? [],
        positions: layer.statistics.positions,
        valuesPerBatch: isPerMap ? layer.statistics.positions.map { $0.reduce(size, *) } : size,
        values: layer.statistics.count, epsilon: layer.epsilon, mean: layer.mean, storedMean: layer.storedMean,
        variance: layer.variance, storedVariance: layer.storedVariance, divergence: diagnosis.divergence,
        deadChannels: diagnosis.deadChannels)
    }
  }
}

extension StatisticsReport {
  /// The report as text for the terminal. For each normalization, it has the ranges of the data
  /// set's statistics, and below them those of the model.
  var text: String {
    let last = samples - (batches - 1) * batchSize
    let batchText = batches == 1 ? "one mini-batch" : "\(NumberText.grouped(batches)) mini-batches"
    var text = "\(NumberText.counted(samples, "sample")) in \(batchText) of m = \(NumberText.grouped(batchSize))"
    if batches > 1, last != batchSize { text += ", the last of \(last)" }
    text += sequential ? ", sequentially\n" : ", in one sweep\n"
    text += "variance: \(estimatorText)\n\n"
    var table = Table(
      ("normalization", .left), ("one per", .left), ("p × q", .right), ("m·p·q", .right), ("", .left), ("mean", .right),
      ("variance", .right), ("shift", .right), dispensable: ["m·p·q", "p × q", "one per"])
    for layer in layers {
      let size =
        layer.per == "activation" ? "m = \(batchSize)" : layer.valuesPerBatch.map(NumberText.grouped) ?? "varies"
      let per = layer.per == "activation" ? "activation" : "feature map"
      table.add(
        String(printable: layer.name), "\(NumberText.grouped(layer.mean.count)) × \(per)", layer.positionText, size,
        "data",
        Self.range(layer.mean), Self.range(layer.variance), layer.shiftText)
      table.add("", "", "", "", "model", Self.range(layer.storedMean), Self.range(layer.storedVariance), "")
    }
    text += table.text
    text += "\n" + "shift: the largest |mean − model's mean|, in units of the model's standard deviation".paragraph()
    for line in diagnosis.findings { text += "\n" + line.paragraph() }
    for line in diagnosis.notes { text += "\n" + "note: \(line)".paragraph() }
    if let written { text += "written to \(ModelOutput(argument: written).name)\n" }
    return text
  }

  private var estimatorText: String {
    switch estimator {
    case "unbiased": "unbiased, divided by M − 1"
    case "paper": "Algorithm 2 of arXiv 1502.03167, m′/(m′−1) · E[σ²]"
    default: "that of the data set, divided by M"
    }
  }

  private static func range(_ values: [Double]?) -> String {
    guard let values, let least = values.min(), let largest = values.max() else { return "—" }
    let (a, b) = (NumberText.significant(least, digits: 3), NumberText.significant(largest, digits: 3))
    return a == b ? a : "\(a) … \(b)"
  }
}

extension StatisticsReport.Layer {
  fileprivate var positionText: String {
    guard let positions else { return "varies" }
    return positions.isEmpty ? "—" : positions.map(String.init).joined(separator: "×")
  }

  /// The largest difference of the means in standard deviations, if the shapes are comparable.
  fileprivate var shiftText: String {
    guard let storedMean, let storedVariance, storedMean.count > 0, mean.count % storedMean.count == 0,
      storedMean.count == storedVariance.count
    else { return "—" }
    let repeats = mean.count / storedMean.count
    let shift = mean.indices.map { index in
      (mean[index] - storedMean[index / repeats]).magnitude / (storedVariance[index / repeats] + epsilon).squareRoot()
    }
    return NumberText.significant(shift.max() ?? 0, digits: 2)
  }
}
