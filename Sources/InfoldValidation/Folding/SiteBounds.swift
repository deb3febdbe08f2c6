import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Error bounds for each element of a fold site's output, for one input. `ErrorBounds` derives
/// them.
struct SiteBounds {
  /// The bounds of the operator with the maps folded into it.
  let folded: [Double]
  /// The bounds of the operator with the maps as scales and shifts.
  let scaleAndShift: [Double]
  /// The bounds of the operator with the maps as written in the graph.
  let asWritten: [Double]

  /// - Parameters:
  ///   - original: The chain with its maps.
  ///   - folded: The chain that all or some of the maps were folded into.
  ///   - constantRoundings: The number of roundings of a folded constant: 1 if it is correctly
  ///     rounded.
  ///   - x: The chain's input.
  ///   - layout: The positions of the output's channels.
  init(
    original: OperatorChain, folded: OperatorChain, constantRoundings: Int, x: Tensor, layout: ChannelLayout
  ) throws(InfoldError) {
    let entry = original.entry
    let type = x.elementType
    let maps = entry.before.count + entry.after.count
    let remaining = folded.mapsThatRound
    let length = entry.linear.dotLength + (entry.linear.scalesBias ? 2 : 0)
    var sums = try SummandMagnitudes(original, x, layout)
    let weights = try original.analysis.weights(of: entry)
    let underflow = try Underflow(original, folded, largestInput: sums.largestInput, type: type)

    let written = try sums.magnitudes { step, channel, magnitude in
      step.scale[channel].magnitude * (magnitude + step.center[channel].magnitude) + step.offset[channel].magnitude
    }
    let shifted = try sums.magnitudes { step, channel, magnitude in
      step.scale[channel].magnitude * magnitude
        + (step.offset[channel] - step.center[channel] * step.scale[channel]).magnitude
    }
    let products = try sums.magnitudes(withBias: false) { step, channel, magnitude in
      step.scale[channel].magnitude * magnitude
    }

    // The ground truth and the constants come from double precision, whose rounding errors matter
    // where sums cancel.
    let double = ErrorBounds.gamma(length + 8 * (maps + 1), unit: ErrorBounds.doubleUnit)
    let writtenGamma = ErrorBounds.gamma(dotLength: length, further: 1 + 7 * maps, type: type)
    let shiftedGamma = ErrorBounds.gamma(dotLength: length, further: 1 + 3 * maps, type: type)
    let foldedGamma = ErrorBounds.gamma(dotLength: length, further: 2 + constantRoundings + 7 * remaining, type: type)
    // A bias that was folded in the model's type is only as accurate as its summands.
    let biasGamma =
      constantRoundings == 1 ? double : double + ErrorBounds.gamma(constantRoundings + 2, unit: type.unitRoundoff)

    let integers = folded.biasRoundings

    var bounds = (folded: written, scaleAndShift: written, asWritten: written)
    layout.forEachRow { channel, row in
      for index in row {
        let truth = double * written[index]
        bounds.asWritten[index] = writtenGamma * written[index] + truth + underflow.asWritten[channel]
        bounds.scaleAndShift[index] = shiftedGamma * shifted[index] + truth + underflow.scaleAndShift[channel]
        let magnitude = remaining > 0 ? written[index] : products[index] + weights.bias[channel].magnitude
        bounds.folded[index] =
          foldedGamma * magnitude + biasGamma * weights.biasMagnitude[channel] + truth + underflow.folded[channel]
          + integers[channel]
      }
    }
    (self.folded, scaleAndShift, asWritten) = bounds
  }
}

/// The magnitudes of the summands of each element of a chain's output.
private struct SummandMagnitudes {
  typealias Transform = (_ step: ChannelAffine.Step, _ channel: Int, _ magnitude: Double) -> Double

  private let chain: OperatorChain
  private let shape: [Int]
  private let input: [Double]
  private let layout: ChannelLayout
  private let bias: [Double]
  /// Σ |w| · |x|, if no map precedes the operator.
  private var products: [Double]?

  init(_ chain: OperatorChain, _ x: Tensor, _ layout: ChannelLayout) throws(InfoldError) {
    self.chain = chain
    self.layout = layout
    shape = x.shape
    input = try x.magnitudes().elements()
    bias = try chain.biasMagnitudes()
  }

  var largestInput: Double { input.max() ?? 0 }

  /// The sums of magnitudes, with `transform` applied for each step of each map.
  mutating func magnitudes(withBias: Bool = true, _ transform: Transform) throws(InfoldError) -> [Double] {
    var magnitudes = try products(transform)
    if withBias {
      layout.forEachRow { channel, row in
        for index in row { magnitudes[index] += bias[channel] }
      }
    }
    for part in chain.entry.after { Self.apply(transform, part, layout, to: &magnitudes) }
    return magnitudes
  }

  private mutating func products(_ transform: Transform) throws(InfoldError) -> [Double] {
    if let products { return products }
    var input = input
    for part in chain.entry.before {
      Self.apply(transform, part, ChannelLayout(shape, axis: 1), to: &input)
    }
    let result = try chain.productMagnitudes(Tensor(shape: shape, input))
    if chain.entry.before.isEmpty { products = result }
    return result
  }

  private static func apply(
    _ transform: Transform, _ part: FoldPlan.Part, _ layout: ChannelLayout, to magnitudes: inout [Double]
  ) {
    for step in part.affine.steps {
      layout.forEachRow { channel, row in
        for index in row { magnitudes[index] = transform(step, channel, magnitudes[index]) }
      }
    }
  }
}

/// The errors that underflow of products and constants may add, for each output channel.
private struct Underflow {
  let folded: [Double]
  let scaleAndShift: [Double]
  let asWritten: [Double]

  init(_ original: OperatorChain, _ folded: OperatorChain, largestInput: Double, type: ElementType)
    throws(InfoldError)
  {
    let entry = original.entry
    let length = Double(entry.linear.dotLength)
    let scale = entry.output.scale
    let sums = try original.weightSums()
    let subnormal = try folded.subnormalWeights()
    let before = Double(2 * entry.before.count)
    let hasSubnormalScale = (entry.before + entry.after).contains { part in
      part.affine.scale.contains { $0 != 0 && $0.magnitude < type.leastNormalMagnitude }
    }
    // A quotient that underflows is later multiplied by γ.
    let gain = max(1, try original.largestGain())
    let smallest = type.smallestSubnormal
    func lost(_ channel: Int, _ further: Double) -> Double {
      let products = length * (1 + scale[channel].magnitude)
      let scales = hasSubnormalScale ? sums[channel] * largestInput : 0
      return smallest * (products + before * sums[channel] * scale[channel].magnitude + scales) * further
    }
    self.folded = scale.indices.map { smallest * (length + 1 + Double(subnormal[$0]) * largestInput) }
    scaleAndShift = scale.indices.map { lost($0, 1) }
    asWritten = scale.indices.map { lost($0, gain) }
  }
}
