import InfoldTensor

/// Digits that folding would lose. A map subtracts before it scales; folded, products with new weights and a new bias that is as
/// large cancel instead, of which both are rounded to the type of the weights.
///
/// With u, half a unit in the last place of 1, folding may cost half of the type's digits: √u of the size that results commonly have,
/// which the γ and β of a batch normalization say. The errors are those of the new bias, and of the new weights for inputs that make
/// what the normalization's statistics expect: its mean, with its deviation.
struct FoldLoss {
  /// The first channel of the output in which it is more.
  let channel: Int
  /// The size of the numbers that cancel there.
  let cancelling: Double
  /// How far results may be off.
  let error: Double

  /// - Returns: `nil` where nothing is lost.
  /// - Throws: `ChannelMap.Refusal` when there is no memory to find out.
  init?(
    _ linear: LinearOperator, _ weight: Tensor, _ bias: FoldedBias, input: ChannelAffine, output: ChannelAffine
  ) throws(ChannelMap.Refusal) {
    let type = weight.elementType
    let allowed = type.unitRoundoff.squareRoot()
    let before = input.steps.isEmpty ? [] : (0..<input.channels).map { input.magnitudes(channel: $0) }
    let behind = output.steps.isEmpty ? [] : bias.sums.indices.map { output.magnitudes(bias.sums[$0], channel: $0) }
    let mayLose = (before + behind).contains { 2 * type.unitRoundoff * $0.cancelling > allowed * $0.size }
    // Only where something may be lost the elements of the weight are looked at.
    guard mayLose || Self.mayUnderflow(type, input, output) else { return nil }
    guard let rows = WeightRows(linear, weight, type, input: input.scale, output: output.scale, before) else {
      throw ChannelMap.Refusal("there is no memory to find out what digits folding would lose")
    }
    for channel in bias.values.indices {
      var magnitudes = rows.before[channel]
      if !behind.isEmpty {
        let cancelling = magnitudes.cancelling * output.scale[channel].magnitude
        magnitudes = behind[channel]
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

  /// Whether weights may become so small that the type has not all digits for them.
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

/// What the elements of a weight say about each channel of the output.
private struct WeightRows {
  /// How far the folded weights are off when they are rounded, as a share of their magnitudes.
  private(set) var relativeError: [Double]
  /// What the map before the operator says, for a channel of the output: the sums of its magnitudes times those of the weights.
  private(set) var before: [ChannelAffine.Magnitudes]

  /// - Returns: `nil` when there is no memory.
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
