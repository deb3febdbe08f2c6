/// The norm (Σ |x|ᵖ)^(1/p), computed in `Double`. All numbers are passed to `see` before any is
/// added, so that powers do not overflow or underflow unless the norm does.
struct PowerNorm {
  private let p: Double
  private var largest = 0.0
  private var sum = 0.0
  private var unit: Double?

  /// - Parameter p: The exponent, a positive number.
  init(_ p: Double) {
    self.p = p
  }

  /// Records the magnitude of a number.
  mutating func see(_ x: Double) {
    if x.magnitude > largest { largest = x.magnitude }
  }

  /// Adds a number.
  mutating func add(_ x: Double) {
    if unit == nil {
      let isScaled = largest != 0 && largest.isFinite
      unit = isScaled ? Double(sign: .plus, exponent: max(-1000, min(1000, -largest.exponent)), significand: 1) : 1
    }
    sum += .pow(x.magnitude * unit!, p)
  }

  /// The norm; 0 if there are no numbers.
  var value: Double { .pow(sum, 1 / p) / (unit ?? 1) }
}
