import InfoldPasses
import InfoldTensor

/// Bounds of the rounding errors of a result (N. J. Higham, Accuracy and Stability of Numerical
/// Algorithms, second edition, chapter 3).
///
/// A product of n factors (1 + δ)^±1 with |δ| ≤ u is 1 + θ with |θ| ≤ γₙ = n·u ÷ (1 − n·u) (lemma
/// 3.1). It is therefore enough to count the roundings that each summand of the exact result passes
/// through, and to multiply γ of the largest count by the sum of the summands' magnitudes. For a
/// dot product of K terms with a bias, in any order of summation:
///
/// - **Product and sum**: w·x is rounded once and takes part in at most K additions, including that
///   of the bias: K + 1.
/// - **Folded**: the weight w′ is itself rounded once, and so is b′: K + 2. One more covers the
///   computation of w′ and b′ in double precision: K + 3. Bound: γ_{K+3} (|w′|·|x| + |b′|).
/// - **Scale and shift**: s and t are rounded once each. The K + 1 roundings of the convolution are
///   followed by those of s, of the product and of the sum: K + 4. Bound: γ_{K+4} (|s| (|w|·|x| +
///   |b|) + |t|).
/// - **As written**, (y − μ) ÷ √(σ² + ε) · γ + β: one rounding each for the difference, the sum
///   σ² + ε, its root, the quotient, the product and the last sum: K + 7. The root halves the
///   rounding of σ² + ε, which is counted in full here. One more, because √ is such a factor only
///   to first order: K + 8. Bound: γ_{K+8} (|s| (|w|·|x| + |b| + |μ|) + |β|).
///
/// A map therefore adds 3 roundings as scale and shift, and 7 as written. The counts of maps before
/// the operator and of chains of maps add up. Gemm's alpha and beta round each summand once more,
/// and their sum once more: 2.
///
/// The ground truth, w′, s and t come from double precision. Their own rounding errors need no term
/// where magnitudes are comparable: γₙ exceeds (1 + u)ⁿ − 1 by at least (n² + n)/2·u², and n
/// roundings of double precision amount to n·2⁻⁵³ = n·u²/32. Where a sum cancels, as in b′ = β + (b
/// − μ)·s, they are added: `doubleUnit`.
///
/// A product that underflows has an error of half the smallest subnormal number, η = 2⁻¹⁴⁹,
/// whatever its size. Sums do not underflow.
struct ErrorBounds {
  /// The unit roundoff u of double precision.
  static let doubleUnit = 0x1p-53
  /// The unit roundoff u of the arithmetic: 2⁻²⁴ for single precision, which also computes narrower
  /// types.
  static let unit = 0x1p-24
  /// The smallest subnormal number of single precision.
  static let smallest = 0x1p-149

  /// γₙ for `count` roundings.
  static func gamma(_ count: Int, unit: Double = ErrorBounds.unit) -> Double {
    let product = Double(count) * unit
    return product < 1 ? product / (1 - product) : .infinity
  }

  /// γ for `dotLength` + `further` roundings of a result in `type`. Operators compute float16 and
  /// bfloat16 in single precision, and round each result and each constant to the type. These are
  /// at most `further` roundings.
  static func gamma(dotLength: Int, further: Int, type: ElementType) -> Double {
    let sums = gamma(dotLength + further)
    guard type != .float32 else { return sums }
    let stores = gamma(further, unit: type.unitRoundoff)
    return sums + stores + sums * stores
  }
}

extension ElementType {
  /// The smallest subnormal number of a floating-point type.
  var smallestSubnormal: Double {
    switch self {
    case .float16: 0x1p-24
    case .bfloat16: 0x1p-133
    case .float64: .leastNonzeroMagnitude
    default: 0x1p-149
    }
  }
}
