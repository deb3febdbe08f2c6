/// A scale and a shift per channel, in double precision. This is what a normalization does to each
/// feature map.
///
/// The map keeps its individual steps, each y = offset + (x − center) · scale. Folding then rounds
/// once, however many nodes are folded.
public struct ChannelAffine: Sendable, Hashable {
  /// The step of one node.
  public struct Step: Sendable, Hashable {
    /// μ of a batch normalization; 0 or a subtrahend otherwise.
    public var center: [Double]
    /// γ / √(σ² + ε) of a batch normalization; a factor otherwise.
    public var scale: [Double]
    /// β of a batch normalization; a summand otherwise.
    public var offset: [Double]
    /// The statistics of the results, for a batch normalization.
    var statistics: Statistics?
  }

  /// The statistics of a batch normalization's results, derived from its parameters.
  struct Statistics: Sendable, Hashable {
    /// Their typical magnitude: |γ| + |β|.
    var size: [Double]
    /// Their standard deviation: σ · |γ| / √(σ² + ε).
    var deviation: [Double]
  }

  /// The steps in the order of application. All have the same number of channels.
  public private(set) var steps: [Step]
  /// The number of channels.
  public let channels: Int

  /// Creates the identity.
  init(identityOf channels: Int) {
    self.channels = channels
    steps = []
  }

  init(_ step: Step) {
    channels = step.scale.count
    steps = [step]
  }

  /// Returns the composition of this map followed by `next`.
  func followed(by next: ChannelAffine) -> ChannelAffine {
    precondition(channels == next.channels, "maps of \(channels) and \(next.channels) channels")
    var result = self
    result.steps += next.steps
    return result
  }

  /// Returns the map restricted to a range of channels.
  func slice(_ range: Range<Int>) -> ChannelAffine {
    var result = ChannelAffine(identityOf: range.count)
    result.steps = steps.map { step in
      let statistics = step.statistics.map {
        Statistics(size: Array($0.size[range]), deviation: Array($0.deviation[range]))
      }
      return Step(
        center: Array(step.center[range]), scale: Array(step.scale[range]), offset: Array(step.offset[range]),
        statistics: statistics)
    }
    return result
  }
}

extension ChannelAffine {
  /// The factor of each channel: the product of the steps' scales.
  public var scale: [Double] {
    steps.reduce(into: Array(repeating: 1, count: channels)) { product, step in
      for channel in product.indices { product[channel] *= step.scale[channel] }
    }
  }

  /// The result of each channel for an input of zero.
  public var shift: [Double] {
    (0..<channels).map { apply(0, channel: $0) }
  }

  /// Returns the result for a number in `channel`.
  public func apply(_ x: Double, channel: Int) -> Double {
    steps.reduce(x) { x, step in step.offset[channel] + (x - step.center[channel]) * step.scale[channel] }
  }

  /// Returns the magnitude to which rounding errors are relative if `apply(x, channel:)` is
  /// computed in another arithmetic. It is the sum of the magnitudes of the last step's summands,
  /// |offset| + |(x − center) · scale|, and the scaled sums of the steps before.
  /// - Parameters:
  ///   - x: The number.
  ///   - magnitude: The corresponding magnitude of `x`, or 0 if it is exact.
  ///   - channel: The channel of the number.
  public func summandMagnitude(_ x: Double, _ magnitude: Double = 0, channel: Int) -> Double {
    var (x, magnitude) = (x, magnitude)
    for step in steps {
      let product = (x - step.center[channel]) * step.scale[channel]
      magnitude = magnitude * step.scale[channel].magnitude + product.magnitude + step.offset[channel].magnitude
      x = product + step.offset[channel]
    }
    return magnitude
  }

  /// The first channel with a non-finite number.
  var firstNonFiniteChannel: Int? {
    (0..<channels).first { channel in
      steps.contains {
        !$0.center[channel].isFinite || !$0.scale[channel].isFinite || !$0.offset[channel].isFinite
      }
    }
  }
}
