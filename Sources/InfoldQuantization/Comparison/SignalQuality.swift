import InfoldTensor
internal import RealModule

/// The energy of a signal and of its errors.
public struct SignalQuality: Sendable, Hashable {
  private var signal = 0.0
  private var noise = 0.0

  /// Adds a number and its error.
  mutating func add(_ number: Double, error: Double) {
    signal += number * number
    noise += error * error
  }

  /// Adds the numbers of a float32 tensor, and their differences from a tensor of the same shape.
  mutating func add(_ numbers: Tensor, _ others: Tensor) {
    var quality = self
    numbers.withElements { (a: Span<Float>) in
      others.withElements { (b: Span<Float>) in
        for index in a.indices { quality.add(Double(a[index]), error: Double(b[index]) - Double(a[index])) }
      }
    }
    self = quality
  }

  /// Returns whether the noise relative to the signal is larger than in `other`. Noise without a
  /// signal is worst.
  func isWorse(than other: SignalQuality) -> Bool { signal * other.noise < other.signal * noise }

  /// The signal-to-noise ratio in dB: infinite without errors, `nil` without a signal.
  public var decibels: Double? {
    guard signal > 0 else { return nil }
    return Self.decibels(noise / signal)
  }

  /// The noise-to-signal energy ratio; `nil` without a signal.
  var noiseRatio: Double? { signal > 0 ? noise / signal : nil }

  static func decibels(_ noiseRatio: Double) -> Double { noiseRatio == 0 ? .infinity : -10 * Double.log10(noiseRatio) }
}

/// The quality over all samples, and that of the worst sample. Samples with large numbers dominate
/// the former.
public struct SampledQuality: Sendable, Hashable {
  /// The quality of one sample.
  public struct Sample: Sendable, Hashable {
    /// The index of the sample.
    public let sample: Int
    /// Its quality.
    public let quality: SignalQuality
  }

  /// The quality over all samples.
  public private(set) var pooled = SignalQuality()
  /// The sample with the lowest quality; `nil` if there are no samples.
  public private(set) var worst: Sample?

  /// Adds a tensor of a sample as `SignalQuality.add` does.
  mutating func add(_ numbers: Tensor, _ others: Tensor, sample: Int) {
    pooled.add(numbers, others)
    var quality = SignalQuality()
    quality.add(numbers, others)
    if worst.map({ quality.isWorse(than: $0.quality) }) ?? true { worst = Sample(sample: sample, quality: quality) }
  }
}
