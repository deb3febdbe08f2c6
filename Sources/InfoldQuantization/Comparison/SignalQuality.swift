import Glibc
internal import InfoldGraph

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
    numbers.withSpan { (a: Span<Float>) in
      others.withSpan { (b: Span<Float>) in
        for index in a.indices { quality.add(Double(a[index]), error: Double(b[index]) - Double(a[index])) }
      }
    }
    self = quality
  }

  /// The signal-to-noise ratio in dB: infinite without errors, `nil` where there is no signal.
  package var decibels: Double? {
    guard signal > 0 else { return nil }
    return noise == 0 ? .infinity : 10 * log10(signal / noise)
  }
}
