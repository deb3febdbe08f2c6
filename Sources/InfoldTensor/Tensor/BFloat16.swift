/// The upper half of a `Float`: 8 bits of exponent, 7 of significand. The type only stores numbers.
/// Arithmetic is done in `Float`.
public struct BFloat16: Sendable, Hashable, BitwiseCopyable {
  /// The 16 bits of the number.
  public var bitPattern: UInt16

  /// Creates the number with these bits.
  public init(bitPattern: UInt16) {
    self.bitPattern = bitPattern
  }

  /// Creates a number from `value`, rounded to nearest, ties to even. A NaN stays NaN.
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
  /// Creates the exact value of a `BFloat16`.
  public init(_ value: BFloat16) {
    self.init(bitPattern: UInt32(value.bitPattern) << 16)
  }
}

extension BFloat16 {
  /// Creates a number from `value`, rounded to nearest, ties to even. A NaN stays NaN.
  package init(narrowing value: Double) { self.init(roundedToOdd(value)) }
}

/// Returns `value` rounded to odd: a `Float` whose last bit is set if it is inexact. Rounding it
/// again to a narrower type then gives the same result as rounding `value` directly.
private func roundedToOdd(_ value: Double) -> Float {
  let nearest = Float(value)
  guard value.isFinite, Double(nearest) != value else { return nearest }
  let towardZero =
    nearest.magnitude > Float.greatestFiniteMagnitude || Double(nearest.magnitude) > value.magnitude
    ? Float(bitPattern: nearest.bitPattern - 1) : nearest
  return Float(bitPattern: towardZero.bitPattern | 1)
}
