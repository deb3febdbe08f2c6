import InfoldSystem
import InfoldTensor

/// Weights in int8 with a scale for each output channel, and their rounding errors.
struct WeightScales {
  /// The integers, −127 to 127.
  let integers: Tensor
  /// The scale of each output channel.
  let scales: [Float]
  /// The error that was added to each weight.
  let changes: [Double]
  /// The signal-to-noise ratio of the weights.
  let quality: SignalQuality

  /// - Parameters:
  ///   - factor: The number to multiply the weights by first.
  ///   - axis: The axis of the output channels.
  ///   - bias: The bias of each output channel.
  ///   - inputScale: The scale of the input, which is also part of the bias's scale.
  ///   - layout: The layout of the weights.
  ///   - searches: The rounding search of each group; the weights of groups without one are rounded
  ///     to nearest.
  /// - Throws: `InfoldError` with `.unsupported` for numbers that are not finite or far outside any
  ///   usual range.
  init(
    _ weights: Tensor, times factor: Float, axis: Int, bias: [Double]?, inputScale: Float,
    layout: WeightLayout? = nil, searches: [RoundingSearch?] = []
  ) throws(InfoldError) {
    let shape = weights.shape
    let channels = shape[axis]
    let stride = shape[(axis + 1)...].reduce(1, *)
    let numbers: [Float] = try weights.elements().map { factor == 1 ? $0 : $0 * factor }
    var largest = [Float](repeating: 0, count: channels)
    for (index, number) in numbers.enumerated() {
      guard number.isFinite else { throw InfoldError(.unsupported, "a weight is not finite", hint: Self.hint) }
      let channel = index / stride % channels
      largest[channel] = max(largest[channel], number.magnitude)
    }
    var scales: [Float] = []
    for channel in 0..<channels {
      scales.append(
        try Self.scale(largest: largest[channel], bias: bias?[channel] ?? 0, inputScale: inputScale))
    }
    var integers = [Int8](repeating: 0, count: numbers.count)
    for (index, number) in numbers.enumerated() {
      let scale = scales[index / stride % channels]
      integers[index] = Int8(min(max((number / scale).rounded(.toNearestOrEven), -127), 127))
    }
    if let layout, searches.count == layout.groups {
      Self.search(&integers, numbers, scales, layout, searches)
    }
    var quality = SignalQuality()
    var changes = [Double](repeating: 0, count: numbers.count)
    for (index, number) in numbers.enumerated() {
      let scale = scales[index / stride % channels]
      changes[index] = Double(integers[index]) * Double(scale) - Double(number)
      quality.add(Double(number), error: changes[index])
    }
    self.changes = changes
    self.integers = try Tensor(shape: shape, integers)
    self.scales = scales
    self.quality = quality
  }

  private static func search(
    _ integers: inout [Int8], _ numbers: [Float], _ scales: [Float], _ layout: WeightLayout,
    _ searches: [RoundingSearch?]
  ) {
    for output in 0..<layout.outputs {
      guard let search = searches[output / layout.outputsPerGroup] else { continue }
      let row = (0..<layout.rowLength).map { numbers[layout.element(output: output, place: $0)] }
      for (place, integer) in search.rounded(row, scale: scales[output]).enumerated() {
        integers[layout.element(output: output, place: place)] = integer
      }
    }
  }

  /// Returns the change of each output channel's mean that rounding the weights causes, for inputs
  /// with these means.
  func meanChange(_ layout: WeightLayout, mean: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: layout.outputs)
    layout.forEach { element, output, channel, _ in result[output] += changes[element] * mean[channel] }
    return result
  }

  private static let hint = "keep the node in float with --exclude"

  /// Returns the scale of a channel: 127 steps reach the largest weight, and the bias fits an
  /// int32.
  private static func scale(largest: Float, bias: Double, inputScale: Float) throws(InfoldError) -> Float {
    guard bias.isFinite else { throw InfoldError(.unsupported, "a bias is not finite", hint: hint) }
    let unit = Double(inputScale)
    let least = Double(Float.leastNormalMagnitude) * max(1, 1 / unit)
    var scale = max(Double(largest) / 127, bias.magnitude / unit / 0x1p30)
    // If all weights are zero, the scale only serves the bias.
    if largest == 0 { scale = bias == 0 ? 1 : bias.magnitude / unit / 0x1p24 }
    scale = max(scale, least)
    guard Float(scale).isFinite, Float(scale * unit).isFinite else {
      throw InfoldError(.unsupported, "the bias \(bias) is too large for the input scale \(inputScale)", hint: hint)
    }
    return Float(scale)
  }
}
