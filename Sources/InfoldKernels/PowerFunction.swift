// x to the power of y, lane by lane, computed as 2^(y · log₂ |x|) in double precision and rounded
// once. Special cases are selected by the signs of vectors, as in the other functions.

#if INFOLD_AVX512 || INFOLD_AVX2
  import _Builtin_intrinsics.intel
#endif

#if INFOLD_AVX512
  private typealias Doubles = SIMD8<Double>
  private typealias DoubleBits = SIMD8<UInt64>
#else
  private typealias Doubles = SIMD4<Double>
  private typealias DoubleBits = SIMD4<UInt64>
#endif

extension Doubles {
  /// Returns sum + a · b.
  @inline(__always)
  fileprivate static func multiplyAdd(_ a: Doubles, _ b: Doubles, _ sum: Doubles) -> Doubles {
    #if INFOLD_AVX512
      _mm512_fmadd_pd(a, b, sum)
    #elseif INFOLD_AVX2
      _mm256_fmadd_pd(a, b, sum)
    #elseif INFOLD_NEON
      sum.addingProduct(a, b)
    #else
      sum + a * b
    #endif
  }

  /// Returns constant + x · y.
  @inline(__always)
  fileprivate static func add(_ constant: Double, _ x: Doubles, _ y: Doubles) -> Doubles {
    multiplyAdd(x, y, Doubles(repeating: constant))
  }

  /// Returns the lanes clipped to the range from `-bound` to `bound`. NaN stays NaN.
  @inline(__always)
  fileprivate func clipped(to bound: Double) -> Doubles {
    let (high, low) = (Doubles(repeating: bound), Doubles(repeating: -bound))
    #if INFOLD_AVX512
      return _mm512_max_pd(low, _mm512_min_pd(high, self))
    #elseif INFOLD_AVX2
      return _mm256_max_pd(low, _mm256_min_pd(high, self))
    #else
      let upper = replacing(with: high, where: self .> high)
      return upper.replacing(with: low, where: upper .< low)
    #endif
  }
}

/// Returns a function of three vectors, computed in double precision half by half and then rounded.
@inline(always)
private func rounded(_ a: Vector, _ b: Vector, _ c: Vector, _ function: (Doubles, Doubles, Doubles) -> Doubles)
  -> Vector
{
  #if INFOLD_AVX512
    let low = function(_mm512_cvtps_pd(a.lowHalf), _mm512_cvtps_pd(b.lowHalf), _mm512_cvtps_pd(c.lowHalf))
    let high = function(_mm512_cvtps_pd(a.highHalf), _mm512_cvtps_pd(b.highHalf), _mm512_cvtps_pd(c.highHalf))
    return Vector(lowHalf: _mm512_cvtpd_ps(low), highHalf: _mm512_cvtpd_ps(high))
  #elseif INFOLD_AVX2
    let low = function(_mm256_cvtps_pd(a.lowHalf), _mm256_cvtps_pd(b.lowHalf), _mm256_cvtps_pd(c.lowHalf))
    let high = function(_mm256_cvtps_pd(a.highHalf), _mm256_cvtps_pd(b.highHalf), _mm256_cvtps_pd(c.highHalf))
    return Vector(lowHalf: _mm256_cvtpd_ps(low), highHalf: _mm256_cvtpd_ps(high))
  #else
    return Vector(function(Doubles(a), Doubles(b), Doubles(c)))
  #endif
}

/// Returns 2^(y · (e + log₂ m)) for m from √½ to √2, only as accurately as single precision needs.
@inline(always)
private func power(exponent e: Doubles, significand m: Doubles, to y: Doubles) -> Doubles {
  // log₂ m = 2 ÷ log 2 · artanh s with s = (m − 1) ÷ (m + 1), where |s| is at most 0.172.
  let one = Doubles(repeating: 1)
  let s = (m - one) / (m + one), square = s * s
  var q = Doubles.add(1.0 / 15, square, Doubles(repeating: 1.0 / 17))
  q = Doubles.add(1.0 / 13, q, square)
  q = Doubles.add(1.0 / 11, q, square)
  q = Doubles.add(1.0 / 9, q, square)
  q = Doubles.add(1.0 / 7, q, square)
  q = Doubles.add(1.0 / 5, q, square)
  q = Doubles.add(1.0 / 3, q, square)
  let first = s * Doubles(repeating: 2.885_390_081_777_926_8)
  let logarithm = e + Doubles.multiplyAdd(first, q * square, first)

  // 2ᵗ = 2ⁿ · eʳ with |r| of at most ½ · log 2. Beyond these bounds, the result is 0 or ∞ in single
  // precision.
  let t = (y * logarithm).clipped(to: 200)
  let rounder = Doubles(repeating: 0x1.8p52)
  let shifted = t + rounder
  let r = (t - (shifted - rounder)) * Doubles(repeating: 0.693_147_180_559_945_3)
  var p = Doubles.add(1.0 / 40_320, r, Doubles(repeating: 1.0 / 362_880))
  p = Doubles.add(1.0 / 5_040, p, r)
  p = Doubles.add(1.0 / 720, p, r)
  p = Doubles.add(1.0 / 120, p, r)
  p = Doubles.add(1.0 / 24, p, r)
  p = Doubles.add(1.0 / 6, p, r)
  p = Doubles.add(0.5, p, r)
  p = Doubles.add(1, p, r)
  p = Doubles.add(1, p, r)
  let scale = (unsafeBitCast(shifted, to: DoubleBits.self) &+ DoubleBits(repeating: 1023)) &<< 52
  return p * unsafeBitCast(scale, to: Doubles.self)
}

/// Returns a vector whose lanes are negative where a lane of `bits` is 0. All lanes of `bits` must
/// be below 2³¹.
@inline(always)
private func signWhereZero(_ bits: VectorBits) -> Vector { float(bits &- VectorBits(repeating: 1)) }

/// Returns x to the power of y, with the special cases of C's `pow`. The maximum error is 1 ulp.
///
/// Never inlined, because in long functions the optimizer splits vectors into lanes.
@inline(never)
func outlinedPower(_ x: Vector, _ y: Vector) -> Vector {
  let (size, reach) = (magnitude(x), magnitude(y))
  let smallest = Vector(repeating: .leastNormalMagnitude), factor = Vector(repeating: 0x1p100)
  // Products, so that subnormal numbers count as zero if they are flushed.
  let isZero = size * factor - smallest, isFlat = reach * factor - smallest
  let isOne = signWhereZero(bits(size) ^ VectorBits(repeating: 0x3f80_0000))
  let isUnbounded = float(VectorBits(repeating: 0x7f7f_ffff) &- bits(size))
  let isNoBase = float(VectorBits(repeating: 0x7f80_0000) &- bits(size))
  let isNoExponent = float(VectorBits(repeating: 0x7f80_0000) &- bits(reach))

  // |x| = 2ᵉ·m with m from √½ to √2.
  let excess = size - smallest
  let normal = select(size * Vector(repeating: 8_388_608), size, whereNegative: excess)
  let offset = bits(normal) &- VectorBits(repeating: 0x3f35_04f3)
  let exponent = unsafeBitCast(unsafeBitCast(offset, to: Vector.MaskStorage.self) &>> 23, to: VectorBits.self)
  let m = float((offset & VectorBits(repeating: 0x007f_ffff)) &+ VectorBits(repeating: 0x3f35_04f3))
  let shift = select(Vector(repeating: 23), Vector(repeating: 0), whereNegative: excess)
  let rounder: Float = 12_582_912
  var e =
    float(exponent &+ VectorBits(repeating: rounder.bitPattern)) - Vector(repeating: rounder) - shift
  e = select(Vector(repeating: -.infinity), e, whereNegative: isZero)
  e = select(Vector(repeating: .infinity), e, whereNegative: isUnbounded)
  var result = rounded(e, m, y) { power(exponent: $0, significand: $1, to: $2) }
  result = select(Vector(repeating: 1), result, whereNegative: isOne)

  // Integral exponents below 2²³ appear in the lowest bits after adding 2²³. Larger exponents
  // already have this form.
  let whole: Float = 8_388_608
  let isSmall = reach - Vector(repeating: whole)
  let units = select(reach + Vector(repeating: whole), reach, whereNegative: isSmall)
  let rest = select(reach - (units - Vector(repeating: whole)), Vector(repeating: 0), whereNegative: isSmall)
  let isBroken = VectorBits(repeating: 0) &- bits(magnitude(rest))
  let isBelowEven = bits(reach - Vector(repeating: 2 * whole))
  let isOdd = (bits(units) &<< 31) & isBelowEven & ~isBroken
  result = float(bits(result) | (isOdd & bits(x) & VectorBits(repeating: 0x8000_0000)))

  let isUndefined = bits(x) & isBroken & ~bits(isZero) & ~bits(isUnbounded)
  result = select(Vector(repeating: .nan), result, whereNegative: float(isUndefined))
  result = select(x, result, whereNegative: isNoBase)
  result = select(y, result, whereNegative: isNoExponent)
  result = select(Vector(repeating: 1), result, whereNegative: float(bits(isOne) & ~bits(x)))
  return select(Vector(repeating: 1), result, whereNegative: isFlat)
}
