import InfoldTensor
internal import RealModule

/// The energy of numbers, and that of their errors.
package struct SignalQuality: Sendable, Hashable {
  private var signal = 0.0
  private var noise = 0.0

  /// Adds a number and its error.
  mutating func add(_ number: Double, error: Double) {
    signal += number * number
    noise += error * error
  }

  /// Adds the numbers of a tensor of float32, and their differences to those of another one of the same shape.
  mutating func add(_ numbers: Tensor, _ others: Tensor) {
    var quality = self
    numbers.withElements { (a: Span<Float>) in
      others.withElements { (b: Span<Float>) in
        for index in a.indices { quality.add(Double(a[index]), error: Double(b[index]) - Double(a[index])) }
      }
    }
    self = quality
  }

  /// Whether there is more noise for the signal than in another one; noise without a signal is worst.
  func isWorse(than other: SignalQuality) -> Bool { signal * other.noise < other.signal * noise }

  /// The signal-to-noise ratio in dB: infinite without errors, `nil` where there is no signal.
  package var decibels: Double? {
    guard signal > 0 else { return nil }
    return noise == 0 ? .infinity : 10 * Double.log10(signal / noise)
  }
}

/// The quality over all samples, where one with large numbers outweighs the others, and of the sample where it is worst.
package struct SampledQuality: Sendable, Hashable {
  /// Over all samples.
  package private(set) var pooled = SignalQuality()
  /// Of the worst sample, with its place; `nil` without samples.
  package private(set) var worst: (sample: Int, quality: SignalQuality)? {
    get { worstSample.map { ($0, worstQuality) } }
    set { (worstSample, worstQuality) = (newValue?.sample, newValue?.quality ?? SignalQuality()) }
  }
  private var worstSample: Int?
  private var worstQuality = SignalQuality()

  /// Adds a tensor of a sample, as `SignalQuality.add`.
  mutating func add(_ numbers: Tensor, _ others: Tensor, sample: Int) {
    pooled.add(numbers, others)
    var quality = SignalQuality()
    quality.add(numbers, others)
    if worstSample == nil || quality.isWorse(than: worstQuality) { worst = (sample, quality) }
  }
}
