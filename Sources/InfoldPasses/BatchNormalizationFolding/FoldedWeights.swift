import InfoldSystem
import InfoldTensor

/// The weight and bias of a linear operator between two channel maps, in double precision: out(W ·
/// in(x) + b) = W′ · x + b′.
package struct FoldedWeights: Sendable {
  /// W′, in the order of the weight's elements: w · scale(out) · scale(in).
  package let weight: [Double]
  /// b′, one number per output channel.
  package let bias: [Double]
  /// For each element of `bias`, the sum of the magnitudes of its summands, which may cancel: |β| +
  /// |(b − μ) · s| for one batch normalization.
  package let biasMagnitude: [Double]

  /// Folds the maps.
  /// - Parameters:
  ///   - linear: The operator.
  ///   - weight: The weight.
  ///   - bias: One number per output channel, or `nil`.
  ///   - input: The map before the operator.
  ///   - output: The map after the operator.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  init(
    _ linear: LinearOperator, weight: Tensor, bias: [Double]?, input: ChannelAffine, output: ChannelAffine
  ) throws(InfoldError) {
    self.weight = try linear.scaled(weight, input: input.scale, output: output.scale)
    let folded = try FoldedBias(linear, weight: weight, bias: bias, input: input, output: output)
    self.bias = folded.values
    biasMagnitude = folded.magnitudes
  }
}

/// The bias of a linear operator between two channel maps, in double precision.
struct FoldedBias {
  /// The operator's summand before the map after it, one number per output channel.
  let sums: [Double]
  /// b′, one number per output channel.
  let values: [Double]
  /// For each value, the sum of the magnitudes of its summands.
  let magnitudes: [Double]

  /// Folds the maps.
  /// - Parameters:
  ///   - linear: The operator.
  ///   - weight: The weight.
  ///   - bias: One number per output channel, or `nil`.
  ///   - input: The map before the operator. Either the operator must not pad, or the map's shift
  ///     must be zero.
  ///   - output: The map after the operator.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  init(
    _ linear: LinearOperator, weight: Tensor?, bias: [Double]?, input: ChannelAffine, output: ChannelAffine
  ) throws(InfoldError) {
    var sums = bias ?? Array(repeating: 0, count: linear.outputChannels)
    var magnitudes = [Double](repeating: 0, count: sums.count)
    let shift = input.shift.map { $0 * linear.alpha }
    if shift.contains(where: { $0 != 0 }), let weight {
      let weight: [Double] = try weight.widened().elements()
      let shiftMagnitude = (0..<input.channels).map { linear.alpha * input.summandMagnitude(0, channel: $0) }
      linear.forEachBlock { elements, inputChannel, outputChannel in
        guard shift[inputChannel] != 0 else { return }
        for element in elements {
          sums[outputChannel] += weight[element] * shift[inputChannel]
          magnitudes[outputChannel] += (weight[element] * shiftMagnitude[inputChannel]).magnitude
        }
      }
    }
    self.sums = sums
    values = sums.indices.map { output.apply(sums[$0], channel: $0) }
    self.magnitudes = values.indices.map { output.summandMagnitude(sums[$0], magnitudes[$0], channel: $0) }
  }
}
