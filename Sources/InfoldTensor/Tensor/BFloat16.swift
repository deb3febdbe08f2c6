/// The upper half of a `Float`: 8 bits of exponent, 7 of significand. A storage format; computing happens in `Float`.
public struct BFloat16: Sendable, Hashable, BitwiseCopyable {
  /// The sixteen bits.
  public var bitPattern: UInt16

  /// The value with these bits.
  public init(bitPattern: UInt16) {
    self.bitPattern = bitPattern
  }

  /// `value`, rounded to nearest, ties to even. A NaN stays one.
  public init(_ value: Float) {
    let bits = value.bitPattern
    if value.isNaN {
      bitPattern = UInt16(truncatingIfNeeded: bits >> 16) | 0x0040
    } else {
      bitPattern = UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
    }
  }
}

extension Float {
  /// The exact value of `value`.
  public init(_ value: BFloat16) {
    self.init(bitPattern: UInt32(value.bitPattern) << 16)
  }
}

extension BFloat16 {
  /// `value`, rounded to nearest, ties to even. A NaN stays one.
  package init(narrowing value: Double) { self.init(roundedToOdd(value)) }
}

/// `value` as a `Float` whose last bit is set when it is inexact, so that rounding it again to a narrower type gives what
/// rounding `value` at once would have given.
private func roundedToOdd(_ value: Double) -> Float {
  let nearest = Float(value)
  guard value.isFinite, Double(nearest) != value else { return nearest }
  let towardZero =
    nearest.magnitude > Float.greatestFiniteMagnitude || Double(nearest.magnitude) > value.magnitude
    ? Float(bitPattern: nearest.bitPattern - 1) : nearest
  return Float(bitPattern: towardZero.bitPattern | 1)
}
