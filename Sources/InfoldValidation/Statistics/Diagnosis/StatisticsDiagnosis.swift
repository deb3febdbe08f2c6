import InfoldSystem

/// What the statistics of a data set say of a model: how well the stored ones fit, which channels are dead, what new statistics do to
/// the outputs, and whether another preparation of the inputs would fit better.
public struct StatisticsDiagnosis: Sendable, Encodable {
  /// A normalization.
  public struct Layer: Sendable, Encodable {
    /// The node's name; that of its output where it has none.
    public let name: String
    /// The number of channels; 0 where the model stores no statistics.
    public let channels: Int
    /// For each mean how far it is from the stored one, in stored standard deviations √(σ² + ε); 0 where σ² + ε is not positive. Empty
    /// where the model stores none.
    public let shifts: [Double]
    /// For each variance its quotient with the stored one, (v + ε) / (σ² + ε); 1 where σ² + ε is not positive.
    public let varianceRatios: [Double]
    /// How far the distribution of a channel is from the stored one: the Kullback–Leibler divergence of normal distributions in nats, its
    /// mean over the channels with a stored variance above ε, without the largest twentieth. `nil` where there are none.
    public let divergence: Double?
    /// The channels whose stored or measured variance is at most ε.
    public let deadChannels: [Int]
    /// The channels whose measured variance is at most a ten-thousandth of σ² + ε: what the normalization gives varies by less than a
    /// hundredth of its factor γ.
    public let constantChannels: [Int]
    /// Whether the stored statistics fit: the divergence is below `StatisticsDiagnosis.misfit`.
    public let fits: Bool
  }

  /// The divergence from which on a layer does not fit, ½: that of means which are off by one standard deviation in every channel.
  public static let misfit = 0.5

  /// The number of samples.
  public let samples: Int
  /// The normalizations, in topological order.
  public let layers: [Layer]
  /// What it saves to remove the channels that are constant.
  public let removal: ChannelRemoval
  /// What the new statistics do to the outputs; `nil` where it was not measured.
  public var effect: ReestimationEffect?
  /// What other preparations of the inputs would fit; `nil` where none were tried.
  public var inputs: InputDiagnosis?
  /// What could not be found out, and why.
  public var remarks: [String] = []

  /// Compares the statistics of a data set with the stored ones.
  public init(_ statistics: ModelStatistics) {
    samples = statistics.layers.first?.statistics.samples ?? 0
    layers = statistics.layers.map(Layer.init)
    removal = ChannelRemoval(statistics, layers)
  }

  /// The normalizations whose stored statistics do not fit.
  public var misfits: [Layer] { layers.filter { !$0.fits } }

  /// The number of channels whose stored or measured variance is at most ε.
  public var deadChannelCount: Int { layers.reduce(0) { $0 + $1.deadChannels.count } }

  /// The divergence of the layer in the middle; `nil` where the model stores no statistics.
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
    // Statistics per activation stand beside those of their feature map.
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
