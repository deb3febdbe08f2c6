import InfoldPasses
import InfoldTensor

/// How far rounding alone may move a result (N. J. Higham, Accuracy and Stability of Numerical Algorithms, second
/// edition, chapter 3).
///
/// A product of n factors (1 + δ)^±1, |δ| ≤ u, is 1 + θ with |θ| ≤ γₙ = n·u ÷ (1 − n·u) (lemma 3.1). So it is enough to
/// count, for every summand of the exact result, the roundings that it passes through, and to multiply γ of the largest
/// count with the sum of the summands' magnitudes. For a dot product of K terms with a bias, in any order of summation:
///
/// - **Product and sum**: w·x is rounded once, and added up in at most K further steps, the bias among them: K + 1.
/// - **Folded**: the weight w′ is itself rounded once, and so is b′: K + 2. We allow K + 3,
///   one more for w′ and b′ being computed in double precision first. Bound: γ_{K+3} (|w′|·|x| + |b′|).
/// - **Scale and shift**: s and t are rounded once each; behind the K + 1 of the convolution come the rounding of s, that of
///   the product, and that of the sum: K + 4. Bound: γ_{K+4} (|s| (|w|·|x| + |b|) + |t|).
/// - **As written**, (y − μ) ÷ √(σ² + ε) · γ + β: one rounding each for the difference, the sum σ² + ε, its root (where the
///   sum's counts half; we count it whole), the quotient, the product and the last sum: K + 7. We allow K + 8, because √
///   is only to first order a factor of this kind. Bound: γ_{K+8} (|s| (|w|·|x| + |b| + |μ|) + |β|).
///
/// So a map adds 3 roundings as scale and shift and 7 as written, and maps before the operator and chains of them add up.
/// Gemm's alpha and beta round each summand once more, and their sum once more: 2.
///
/// That the truth itself, w′, s and t come from double precision needs no term of its own where magnitudes are
/// comparable: γₙ exceeds (1 + u)ⁿ − 1 by (n² + n)/2·u² and more, and n roundings of double precision amount to n·2⁻⁵³ = n·u²/32.
/// Where a sum cancels, as in b′ = β + (b − μ)·s, they are added: `doubleUnit`.
///
/// A product that underflows is off by half the smallest subnormal number η = 2⁻¹⁴⁹, whatever its size; sums do not
/// underflow.
struct ErrorBounds {
  /// u of double precision.
  static let doubleUnit = 0x1p-53
  /// u of the arithmetic: 2⁻²⁴ for single precision, in which narrower types are computed as well.
  static let unit = 0x1p-24
  /// The smallest subnormal number.
  static let smallest = 0x1p-149

  /// γₙ.
  static func gamma(_ count: Int, unit: Double = ErrorBounds.unit) -> Double {
    let product = Double(count) * unit
    return product < 1 ? product / (1 - product) : .infinity
  }

  /// γ for `dotLength` + `further` roundings of a tensor of `type`. Results in float16 and bfloat16 are computed in single
  /// precision and rounded to the type once for each operator, and so are constants: fewer than `further` times.
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
