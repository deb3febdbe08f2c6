import InfoldSystem
import InfoldValidation

/// What `statistics` says about a data set.
struct StatisticsReport: Encodable {
  /// The number of samples.
  let samples: Int
  /// The number of mini-batches.
  let batches: Int
  /// The samples of a mini-batch, but for the last, m.
  let batchSize: Int
  /// Which variance it is.
  let estimator: String
  /// Whether each layer saw inputs normalized by the new statistics.
  let sequential: Bool
  /// The normalizations, in topological order.
  let layers: [Layer]
  /// What the statistics say of the model.
  let diagnosis: Diagnosis
  /// The file that holds the model with the new statistics.
  let written: String?

  /// A diagnosis, without the numbers of each channel.
  struct Diagnosis: Encodable {
    /// What was found, as sentences.
    let findings: [String]
    /// What could not be found out.
    let remarks: [String]
    /// The divergence of the layer in the middle, in nats.
    let medianDivergence: Double?
    /// The names of the layers whose stored statistics do not fit.
    let misfits: [String]
    /// The channels with a stored or measured variance of at most epsilon.
    let deadChannels: Int
    /// What it saves to remove channels that are constant.
    let removal: ChannelRemoval
    /// What the new statistics do to the outputs.
    let effect: ReestimationEffect?
    /// What other preparations of the inputs would fit.
    let inputs: InputDiagnosis?

    init(_ diagnosis: StatisticsDiagnosis) {
      findings = diagnosis.sentences
      remarks = diagnosis.remarks
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
    /// The node's name; that of its output where it has none.
    let name: String
    /// What has a mean of its own: `featureMap` or `activation`.
    let per: String
    /// The shape of a mean.
    let shape: [Int]
    /// The positions of a feature map, p and q; `nil` when they vary.
    let positions: [Int]?
    /// The values of a full mini-batch that share a mean: m·p·q per feature map, m per activation; `nil` when it varies.
    let valuesPerBatch: Int?
    /// The values of the data set that share a mean, M.
    let values: Int
    /// What the normalization adds to the variance.
    let epsilon: Double
    /// The data set's means, and the model's.
    let mean: [Double]
    let storedMean: [Double]?
    /// The data set's variances, and the model's.
    let variance: [Double]
    let storedVariance: [Double]?
    /// How far the distributions of its channels are from the stored ones, in nats.
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
  /// Lines for people: for each normalization the ranges of the data set's statistics, and below them the model's.
  var text: String {
    let last = samples - (batches - 1) * batchSize
    let batchText = batches == 1 ? "one mini-batch" : "\(NumberText.grouped(batches)) mini-batches"
    var text = "\(NumberText.counted(samples, "sample")) in \(batchText) of m = \(NumberText.grouped(batchSize))"
    if batches > 1, last != batchSize { text += ", the last of \(last)" }
    text += sequential ? ", layer after layer\n" : ", in one sweep\n"
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
    text += "\n" + "shift: the largest |mean − model's mean| in the model's standard deviations".paragraph()
    for line in diagnosis.findings { text += "\n" + line.paragraph() }
    for line in diagnosis.remarks { text += "\n" + "note: \(line)".paragraph() }
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

  /// The largest difference of the means in standard deviations, where the shapes can be compared.
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
