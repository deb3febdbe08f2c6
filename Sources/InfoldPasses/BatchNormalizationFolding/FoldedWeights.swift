import InfoldGraph

/// The weight and bias of a linear operator between two maps per channel, in double precision:
/// out(W · in(x) + b) = W′ · x + b′.
public struct FoldedWeights: Sendable {
  /// W′, in the order of the weight's elements: w · scale(out) · scale(in).
  public let weight: [Double]
  /// b′, one per output channel.
  public let bias: [Double]
  /// For each element of `bias`, the sum of the magnitudes of its summands, which may cancel:
  /// |β| + |(b − μ) · s| for one batch normalization.
  public let biasMagnitude: [Double]

  /// - Parameters:
  ///   - weight: The weight's elements.
  ///   - bias: One per output channel; `nil` for none.
  ///   - input: The map before the operator; the operator must not pad, or its shift be zero.
  ///   - output: The map behind the operator.
  init(
    _ linear: LinearOperator, weight: [Double], bias: [Double]?, input: ChannelAffine, output: ChannelAffine
  ) {
    var folded = weight
    var sums = bias ?? Array(repeating: 0, count: linear.outputChannels)
    var magnitudes = [Double](repeating: 0, count: sums.count)
    let shiftMagnitude = (0..<input.channels).map { input.summandMagnitude(0, channel: $0) }
    let (inputScale, inputShift, outputScale) = (input.scale, input.shift, output.scale)
    linear.forEachBlock { elements, inputChannel, outputChannel in
      let scale = outputScale[outputChannel] * inputScale[inputChannel]
      let shift = inputShift[inputChannel] * linear.alpha
      for element in elements {
        folded[element] = weight[element] * scale
        if shift != 0 {
          sums[outputChannel] += weight[element] * shift
          magnitudes[outputChannel] += (weight[element] * linear.alpha * shiftMagnitude[inputChannel]).magnitude
        }
      }
    }
    self.weight = folded
    self.bias = sums.indices.map { output.apply(sums[$0], channel: $0) }
    biasMagnitude = sums.indices.map { output.summandMagnitude(sums[$0], magnitudes[$0], channel: $0) }
  }
}
