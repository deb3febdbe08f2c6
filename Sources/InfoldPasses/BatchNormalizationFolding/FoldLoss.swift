import InfoldTensor

/// The precision that folding would lose. A map subtracts before it scales. After folding, a sum of
/// products with the new weights cancels against a new bias of similar magnitude, and weights and
/// bias have been rounded to the type of the weights.
///
/// With the unit roundoff u, folding may cost half of the type's digits: √u relative to the typical
/// magnitude of results, which the γ and β of a batch normalization reveal. The errors considered
/// are those of the new bias, and those of the new weights for inputs that match the
/// normalization's statistics, its mean and deviation.
struct FoldLoss {
  /// The first output channel in which the error exceeds the limit.
  let channel: Int
  /// The magnitude of the numbers that cancel there.
  let cancelling: Double
  /// The maximum error of results.
  let error: Double

  /// Estimates the loss.
  /// - Returns: `nil` if no precision is lost.
  /// - Throws: `ChannelMap.Refusal` if there is not enough memory for the estimate.
  init?(
    _ linear: LinearOperator, _ weight: Tensor, _ bias: FoldedBias, input: ChannelAffine, output: ChannelAffine
  ) throws(ChannelMap.Refusal) {
    let type = weight.elementType
    let allowed = type.unitRoundoff.squareRoot()
    let before = input.steps.isEmpty ? [] : (0..<input.channels).map { input.magnitudes(channel: $0) }
    let after = output.steps.isEmpty ? [] : bias.sums.indices.map { output.magnitudes(bias.sums[$0], channel: $0) }
    let mayLose = (before + after).contains { 2 * type.unitRoundoff * $0.cancelling > allowed * $0.size }
    // The elements of the weight are examined only if precision may be lost.
    guard mayLose || Self.mayUnderflow(type, input, output) else { return nil }
    guard let rows = WeightRows(linear, weight, type, input: input.scale, output: output.scale, before) else {
      throw ChannelMap.Refusal("there is not enough memory to estimate the precision that folding would lose")
    }
    for channel in bias.values.indices {
      var magnitudes = rows.before[channel]
      if !after.isEmpty {
        let cancelling = magnitudes.cancelling * output.scale[channel].magnitude
        magnitudes = after[channel]
        magnitudes.cancelling = max(magnitudes.cancelling, cancelling)
      }
      let rounding = type.roundingError(bias.values[channel])
      let error =
        rows.relativeError[channel] * (magnitudes.cancelling + magnitudes.deviation)
        + (magnitudes.cancelling > 0 ? rounding : 0)
      if error > allowed * magnitudes.size {
        (self.channel, cancelling, self.error) = (channel, magnitudes.cancelling, error)
        return
      }
    }
    return nil
  }

  /// Returns whether weights may become so small that the type cannot hold them with full
  /// precision.
  private static func mayUnderflow(_ type: ElementType, _ input: ChannelAffine, _ output: ChannelAffine) -> Bool {
    let margin: Double =
      switch type {
      case .float16: 0x1p-4
      case .float64: 0x1p-300
      default: 0x1p-40
      }
    func least(_ scales: [Double]) -> Double {
      scales.reduce(1) { $1 == 0 ? $0 : min($0, $1.magnitude) }
    }
    return least(input.scale) * least(output.scale) < margin
  }
}

/// The statistics of a weight's elements for each output channel.
private struct WeightRows {
  /// The relative rounding error of the folded weights.
  private(set) var relativeError: [Double]
  /// The magnitudes of the map before the operator for each output channel: the sums of its
  /// magnitudes times those of the weights.
  private(set) var before: [ChannelAffine.Magnitudes]

  /// Computes the statistics.
  /// - Returns: `nil` if there is not enough memory.
  init?(
    _ linear: LinearOperator, _ weight: Tensor, _ type: ElementType, input: [Double], output: [Double],
    _ magnitudes: [ChannelAffine.Magnitudes]
  ) {
    guard let elements = try? weight.widened().elements(as: Double.self) else { return nil }
    var sums = [Double](repeating: 0, count: linear.outputChannels), errors = sums
    var before = Array(
      repeating: ChannelAffine.Magnitudes(cancelling: 0, size: 0, deviation: 0), count: sums.count)
    linear.forEachBlock { places, from, to in
      let scale = input[from] * output[to]
      var given = 0.0
      for place in places {
        let product = elements[place] * scale
        sums[to] += product.magnitude
        errors[to] += type.roundingError(product)
        given += elements[place].magnitude
      }
      guard !magnitudes.isEmpty else { return }
      before[to].cancelling += given * linear.alpha.magnitude * magnitudes[from].cancelling
      before[to].size += given * linear.alpha.magnitude * magnitudes[from].size
      before[to].deviation += given * linear.alpha.magnitude * magnitudes[from].deviation
    }
    relativeError = zip(errors, sums).map { $1 == 0 ? 0 : $0 / $1 }
    self.before = before
  }
}
