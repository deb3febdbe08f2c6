import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Measures how well samples fit the running statistics of a model's batch normalizations.
public struct InputFit: Sendable {
  /// The result of a measurement.
  struct Measure {
    let divergence: Double
    let spread: Double
  }

  /// A normalization with one mean and one variance per feature map.
  fileprivate struct Layer {
    /// The name of its input.
    let input: String
    let mean: [Double]
    let variance: [Double]
    let epsilon: Double
    /// The channels with a stored variance above epsilon, which are compared.
    let channels: [Int]
  }

  private let session: Session
  private let layers: [Layer]
  private let runSize: Int

  /// Prepares to measure samples of a model.
  /// - Throws: `InfoldError` with `.invalidArgument` if the model has no running statistics per
  ///   feature map, or if the batch sizes of its inputs contradict each other; the errors of
  ///   `Session`.
  public init(_ model: Model, options: SessionOptions = SessionOptions()) throws(InfoldError) {
    var graph = model.graph
    graph.recordConstants()
    var layers: [Layer] = []
    var observed: Set<ValueID> = []
    for id in graph.nodeIDs {
      let node = graph[id]
      guard let normalization = node.typed as? BatchNormalization, normalization.isSpatial, let input = node.inputs[0]
      else { continue }
      func stored(_ index: Int) throws(InfoldError) -> [Double]? {
        try node.inputs[index].flatMap { graph.constant($0) ?? graph[$0].initializer?.tensor }?.numbers()
      }
      guard let mean = try stored(3), let variance = try stored(4), mean.count == variance.count else { continue }
      let epsilon = Double(normalization.epsilon)
      let channels = variance.indices.filter {
        variance[$0] > max(epsilon, 0) && variance[$0].isFinite && mean[$0].isFinite
      }
      guard !channels.isEmpty else { continue }
      observed.insert(input)
      layers.append(
        Layer(input: graph[input].name, mean: mean, variance: variance, epsilon: epsilon, channels: channels))
    }
    guard !layers.isEmpty else {
      throw InfoldError(
        .invalidArgument, "the model has no running statistics per feature map to compare samples with",
        file: model.path)
    }
    self.layers = layers
    runSize = try StatisticsCollector.runSize(of: graph) ?? 1
    var model = model
    model.graph.outputs = observed.sorted()
    session = try Session(model, options: options)
  }

  /// Returns the distance of the samples from the running statistics, and the expected distance of
  /// a single sample from all samples.
  func measure(_ preparation: some InputPreparation, sampleCount count: Int) throws(InfoldError) -> Measure {
    var batches = try MiniBatches(sampleCount: count, size: runSize, runSize: runSize)
    // For each layer, the moments of each run.
    var moments = layers.map { _ in [MomentSums]() }
    while let runs = try batches.next({ (index) throws(InfoldError) in try preparation.sample(index) }) {
      for run in runs {
        let seen = try session.run(run)
        for (index, layer) in layers.enumerated() {
          let tensor = seen[layer.input]!
          moments[index].append(try MomentSums(of: tensor, try Extents(tensor, .nchw, .featureMap)))
        }
      }
    }
    var (divergence, spread, weights) = (0.0, 0.0, 0.0)
    for (index, layer) in layers.enumerated() {
      let measure = layer.measure(moments[index])
      let weight = 1 / (1 + Double(index) / 4)
      divergence += weight * measure.divergence
      spread += weight * measure.spread
      weights += weight
    }
    return Measure(divergence: divergence / weights, spread: spread / weights)
  }
}

extension InputFit.Layer {
  /// Measures one layer. The spread is the expected divergence of a single sample from all samples.
  /// It is sₘ² / 2v + s_q² / 4v² to second order, where v is the variance of all values, sₘ² the
  /// variance of the samples' means, and s_q² that of their mean squared deviations from the common
  /// mean.
  fileprivate func measure(_ samples: [MomentSums]) -> InputFit.Measure {
    var whole = MomentSums()
    for sample in samples { whole.merge(sample) }
    var divergences: [Double] = [], spreads: [Double] = []
    for channel in channels where channel < whole.mean.count {
      let stored = variance[channel] + epsilon
      let all = whole.squares[channel] / Double(whole.count) + epsilon
      divergences.append(
        NormalDivergence.value(
          shift: (whole.mean[channel] - mean[channel]) / stored.squareRoot(), ratio: all / stored))
      let shifts = samples.map { $0.mean[channel] - whole.mean[channel] }
      let squares = zip(samples, shifts).map { $0.squares[channel] / Double($0.count) + $1 * $1 }
      let spread = Self.variance(shifts) / (2 * all) + Self.variance(squares) / (4 * all * all)
      spreads.append(spread.isFinite ? spread : 0)
    }
    return .init(
      divergence: NormalDivergence.trimmedMean(divergences) ?? 0, spread: NormalDivergence.trimmedMean(spreads) ?? 0)
  }

  private static func variance(_ values: [Double]) -> Double {
    guard values.count > 1 else { return 0 }
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }
}
