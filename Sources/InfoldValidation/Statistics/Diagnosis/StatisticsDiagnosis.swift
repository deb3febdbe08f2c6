import InfoldSystem

/// A diagnosis of a model by the statistics of a data set. It shows how well the running statistics
/// fit, which channels are dead, how new statistics change the outputs, and whether other
/// preprocessing of the inputs would fit better.
public struct StatisticsDiagnosis: Sendable, Encodable {
  /// The diagnosis of one normalization.
  public struct Layer: Sendable, Encodable {
    /// The node's name, or the name of its output if the node has none.
    public let name: String
    /// The number of channels. 0 if the model has no running statistics.
    public let channels: Int
    /// For each mean, its distance from the stored one in units of the stored standard deviation
    /// √(σ² + ε), or 0 if σ² + ε is not positive. Empty if the model has no running statistics.
    public let shifts: [Double]
    /// For each variance, its ratio to the stored one, (v + ε) / (σ² + ε), or 1 if σ² + ε is not
    /// positive.
    public let varianceRatios: [Double]
    /// The distance of the channels' distributions from the stored ones in nats: the
    /// Kullback–Leibler divergence of normal distributions, averaged over the channels with a
    /// stored variance above ε, without the largest twentieth. `nil` if there are no such channels.
    public let divergence: Double?
    /// The channels whose stored or measured variance is at most ε.
    public let deadChannels: [Int]
    /// The channels whose measured variance is at most a ten-thousandth of σ² + ε. The output of
    /// the normalization varies by less than a hundredth of its factor γ.
    public let constantChannels: [Int]
    /// Whether the running statistics fit: the divergence is below `StatisticsDiagnosis.misfit`.
    public let fits: Bool
  }

  /// The threshold of a layer's divergence, ½. If a layer reaches it, the running statistics do not
  /// fit. It corresponds to means that are shifted by one standard deviation in every channel.
  public static let misfit = 0.5

  /// The number of samples.
  public let samples: Int
  /// The normalizations, in topological order.
  public let layers: [Layer]
  /// The savings from removing constant channels.
  public let removal: ChannelRemoval
  /// The effect of the new statistics on the outputs. `nil` if it was not measured.
  public var effect: ReestimationEffect?
  /// The fit of other preprocessing of the inputs. `nil` if none was tried.
  public var inputs: InputDiagnosis?
  /// The parts of the diagnosis that failed, and why.
  public var notes: [String] = []

  /// Compares the statistics of a data set with the running statistics.
  public init(_ statistics: ModelStatistics) {
    samples = statistics.layers.first?.statistics.samples ?? 0
    layers = statistics.layers.map(Layer.init)
    removal = ChannelRemoval(statistics, layers)
  }

  /// The normalizations whose running statistics do not fit.
  public var misfits: [Layer] { layers.filter { !$0.fits } }

  /// The number of channels whose stored or measured variance is at most ε.
  public var deadChannelCount: Int { layers.reduce(0) { $0 + $1.deadChannels.count } }

  /// The median of the layers' divergences. `nil` if the model has no running statistics.
  public var medianDivergence: Double? {
    let sorted = layers.compactMap(\.divergence).sorted()
    return sorted.isEmpty ? nil : sorted[sorted.count / 2]
  }
}

extension StatisticsDiagnosis.Layer {
  init(_ layer: ModelStatistics.Layer) {
    name = layer.name
    guard let storedMean = layer.storedMean, let storedVariance = layer.storedVariance, !storedMean.isEmpty,
      storedMean.count == storedVariance.count, layer.mean.count % storedMean.count == 0
    else {
      (channels, shifts, varianceRatios) = (0, [], [])
      (divergence, deadChannels, constantChannels, fits) = (nil, [], [], true)
      return
    }
    // Compare statistics per activation with those of their feature map.
    let repeats = layer.mean.count / storedMean.count
    channels = storedMean.count
    var shifts: [Double] = [], ratios: [Double] = [], divergences: [Double] = []
    var isDead = storedVariance.map { !($0 > layer.epsilon) }
    var isConstant = storedVariance.map { _ in true }
    for index in layer.mean.indices {
      let channel = index / repeats
      let stored = storedVariance[channel] + layer.epsilon
      let isPositive = stored > 0 && stored.isFinite && storedMean[channel].isFinite
      let shift = isPositive ? (layer.mean[index] - storedMean[channel]) / stored.squareRoot() : 0
      let ratio = isPositive ? (layer.variance[index] + layer.epsilon) / stored : 1
      shifts.append(shift)
      ratios.append(ratio)
      if isPositive, storedVariance[channel] > layer.epsilon {
        divergences.append(NormalDivergence.value(shift: shift, ratio: ratio))
      }
      if layer.variance[index] <= layer.epsilon { isDead[channel] = true }
      if !isPositive || layer.variance[index] > 1e-4 * stored { isConstant[channel] = false }
    }
    self.shifts = shifts
    varianceRatios = ratios
    divergence = NormalDivergence.trimmedMean(divergences)
    deadChannels = isDead.indices.filter { isDead[$0] }
    constantChannels = isConstant.indices.filter { isConstant[$0] }
    fits = divergence.map { $0 < StatisticsDiagnosis.misfit } ?? true
  }
}
