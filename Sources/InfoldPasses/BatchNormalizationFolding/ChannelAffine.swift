/// A scale and a shift per channel, in double precision: what a normalization does to each feature map.
///
/// Kept as the steps that it came from, each y = offset + (x − center) · scale, so that what is folded is rounded once,
/// however many nodes are folded.
public struct ChannelAffine: Sendable, Hashable {
  /// One node's part.
  public struct Step: Sendable, Hashable {
    /// μ of a batch normalization; 0 or a subtrahend otherwise.
    public var center: [Double]
    /// γ / √(σ² + ε) of a batch normalization; a factor otherwise.
    public var scale: [Double]
    /// β of a batch normalization; a summand otherwise.
    public var offset: [Double]
    /// What is known of the results, for a batch normalization.
    var statistics: Statistics?
  }

  /// What the parameters of a batch normalization say about its results.
  struct Statistics: Sendable, Hashable {
    /// How large they commonly are: |γ| + |β|.
    var size: [Double]
    /// Their standard deviation: σ · |γ| / √(σ² + ε).
    var deviation: [Double]
  }

  /// The steps, first applied first. All have the same number of channels.
  public private(set) var steps: [Step]
  /// The number of channels.
  public let channels: Int

  /// The map that changes nothing.
  init(identityOf channels: Int) {
    self.channels = channels
    steps = []
  }

  init(_ step: Step) {
    channels = step.scale.count
    steps = [step]
  }

  /// This map, and then `next`.
  func followed(by next: ChannelAffine) -> ChannelAffine {
    precondition(channels == next.channels, "maps of \(channels) and \(next.channels) channels")
    var result = self
    result.steps += next.steps
    return result
  }

  /// The part that concerns these channels.
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

  /// What each channel's zero becomes.
  public var shift: [Double] {
    (0..<channels).map { apply(0, channel: $0) }
  }

  /// The result for a number in `channel`.
  public func apply(_ x: Double, channel: Int) -> Double {
    steps.reduce(x) { x, step in step.offset[channel] + (x - step.center[channel]) * step.scale[channel] }
  }

  /// What the rounding error of `apply(x, channel:)`, done in another arithmetic, is relative to: the sum of the magnitudes
  /// of the summands, |offset| + |(x − center) · scale|, of the last step, and those of the steps before, scaled.
  /// - Parameters:
  ///   - x: The number.
  ///   - magnitude: The same for `x`; 0 when it is exact.
  ///   - channel: Its channel.
  public func summandMagnitude(_ x: Double, _ magnitude: Double = 0, channel: Int) -> Double {
    var (x, magnitude) = (x, magnitude)
    for step in steps {
      let product = (x - step.center[channel]) * step.scale[channel]
      magnitude = magnitude * step.scale[channel].magnitude + product.magnitude + step.offset[channel].magnitude
      x = product + step.offset[channel]
    }
    return magnitude
  }

  /// The first channel in which a number is not finite.
  var firstNonFiniteChannel: Int? {
    (0..<channels).first { channel in
      steps.contains {
        !$0.center[channel].isFinite || !$0.scale[channel].isFinite || !$0.offset[channel].isFinite
      }
    }
  }
}
