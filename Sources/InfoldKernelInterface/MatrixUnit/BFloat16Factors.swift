/// The bfloat16 numbers that a float32 factor of a product is replaced by.
public enum BFloat16Factors: UInt8, Sendable {
  /// The factor, rounded to nearest with ties to even. Finite factors beyond the largest bfloat16
  /// number become that number.
  case rounded
  /// The rounded factor x₁ and the rounded rest x₂ = x − x₁. A product x·y is computed as x₁·y₂ +
  /// x₁·y₁ + x₂·y₁, with an error of at most 2⁻¹⁵·|x·y|.
  case split

  /// The number of bfloat16 numbers for each factor.
  @inlinable @inline(__always)
  public var parts: Int { self == .split ? 2 : 1 }
}
