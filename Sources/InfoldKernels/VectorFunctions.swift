// Functions of a vector, lane by lane, by range reduction and polynomials. The coefficients are our
// own minimax fits. The stated errors are the maximum over the whole range of arguments, in ulp,
// with fused multiply-add.

#if INFOLD_AVX512
  import CMachine
#endif
#if INFOLD_AVX512 || INFOLD_AVX2
  import _Builtin_intrinsics.intel
#elseif INFOLD_NEON
  import _Builtin_intrinsics.arm.neon
#endif

#if INFOLD_AVX512
  /// The bits of a vector.
  typealias VectorBits = SIMD16<UInt32>
#elseif INFOLD_AVX2
  /// The bits of a vector.
  typealias VectorBits = SIMD8<UInt32>
#else
  /// The bits of a vector.
  typealias VectorBits = SIMD4<UInt32>
#endif

/// Returns the larger element of each lane, and `x` where it is NaN.
@inline(always)
func maximum(_ bound: Vector, _ x: Vector) -> Vector {
  #if INFOLD_AVX512
    _mm512_max_ps(bound, x)
  #elseif INFOLD_AVX2
    _mm256_max_ps(bound, x)
  #elseif INFOLD_NEON
    vbslq_f32(vcltq_f32(x, bound), bound, x)
  #else
    x.replacing(with: bound, where: x .< bound)
  #endif
}

/// Returns the smaller element of each lane, and `x` where it is NaN.
@inline(always)
func minimum(_ bound: Vector, _ x: Vector) -> Vector {
  #if INFOLD_AVX512
    _mm512_min_ps(bound, x)
  #elseif INFOLD_AVX2
    _mm256_min_ps(bound, x)
  #elseif INFOLD_NEON
    vbslq_f32(vcgtq_f32(x, bound), bound, x)
  #else
    x.replacing(with: bound, where: x .> bound)
  #endif
}

/// Returns the larger element of each lane, or NaN if either is NaN.
@inline(always)
func largest(_ x: Vector, _ y: Vector) -> Vector {
  #if INFOLD_AVX512
    infold_largest(x, y)
  #elseif INFOLD_NEON
    vbslq_f32(vceqq_f32(x, x), maximum(x, y), x)
  #else
    maximum(x, y).replacing(with: x, where: x .!= x)
  #endif
}

/// Returns `a` in the lanes where `sign` is negative, −0 or a NaN with a negative sign, and `b`
/// elsewhere. In long functions, the optimizer splits `replacing(with:where:)` into lanes, but not
/// this.
@inline(always)
func select(_ a: Vector, _ b: Vector, whereNegative sign: Vector) -> Vector {
  let mask = VectorBits(repeating: 0) &- (bits(sign) &>> 31)
  return float((bits(a) & mask) | (bits(b) & ~mask))
}

/// Returns the smaller element of each lane, or NaN if either is NaN.
@inline(always)
func least(_ x: Vector, _ y: Vector) -> Vector { minimum(x, y).replacing(with: x, where: x .!= x) }

/// Returns √x. The standard library's function splits vectors into lanes.
@inline(always)
func squareRoot(_ x: Vector) -> Vector {
  #if INFOLD_AVX512
    _mm512_sqrt_ps(x)
  #elseif INFOLD_AVX2
    _mm256_sqrt_ps(x)
  #elseif INFOLD_NEON
    vsqrtq_f32(x)
  #else
    x.squareRoot()
  #endif
}

/// Returns max(low, min(high, x)). NaN stays NaN.
@inline(always)
func clip(_ x: Vector, _ low: Float, _ high: Float) -> Vector {
  maximum(Vector(repeating: low), minimum(Vector(repeating: high), x))
}

/// Returns |x|.
@inline(always)
func magnitude(_ x: Vector) -> Vector { float(bits(x) & VectorBits(repeating: 0x7fff_ffff)) }

/// Returns −x, also for zeros. The vector operator subtracts from 0.
@inline(always)
func negated(_ x: Vector) -> Vector { float(bits(x) ^ VectorBits(repeating: 0x8000_0000)) }

/// Returns the nonnegative `size` with the sign of `x`.
@inline(always)
func withSign(of x: Vector, _ size: Vector) -> Vector {
  float(bits(size) | (bits(x) & VectorBits(repeating: 0x8000_0000)))
}

@inline(always)
func bits(_ x: Vector) -> VectorBits { unsafeBitCast(x, to: VectorBits.self) }

@inline(always)
private func signed(_ bits: VectorBits) -> Vector.MaskStorage { unsafeBitCast(bits, to: Vector.MaskStorage.self) }

@inline(always)
func float(_ bits: VectorBits) -> Vector { unsafeBitCast(bits, to: Vector.self) }

/// Returns `constant + x · y`.
@inline(always)
func add(_ constant: Float, _ x: Vector, _ y: Vector) -> Vector {
  Vector.multiplyAdd(x, y, Vector(repeating: constant))
}

/// Adding this to a number below 2²² and subtracting it again rounds the number to an integer. In
/// between, the integer is in the lowest bits.
private let rounder: Float = 12_582_912

/// The decomposition eˣ = 2ⁿ · (1 + s) with an integer n, and s from −0.3 to 0.42.
struct ExponentialParts {
  /// n with `rounder` added.
  private let shifted: Vector
  /// s = eʳ − 1, where r is the remainder of x, at most ½·log 2.
  let s: Vector

  /// Decomposes an exponential.
  /// - Parameters:
  ///   - x: The exponent, at most a few hundred in magnitude.
  ///   - correction: The rounding error of x, which is added to the remainder, or `nil`.
  @inline(always)
  init(_ x: Vector, correction: Vector? = nil) {
    shifted = add(rounder, x, Vector(repeating: 1.442_695_04))
    let n = shifted - Vector(repeating: rounder)
    // log 2 is split into a short leading part and a remainder, so that the product of n with the
    // former is exact.
    var r = Vector.multiplyAdd(n, Vector(repeating: -0.693_359_375), x)
    r = Vector.multiplyAdd(n, Vector(repeating: 2.121_944_4e-4), r)
    if let correction { r += correction }
    var q = add(0.00836941879, r, Vector(repeating: 0.00138131448))
    q = add(0.041668456, q, r)
    q = add(0.166665152, q, r)
    q = add(0.49999994, q, r)
    s = Vector.multiplyAdd(r * r, q, r)
  }

  /// 2ⁿ for n from −127, which gives 0, to 128, which gives ∞.
  @inline(always)
  var power: Vector { float((bits(shifted) &<< 23) &+ VectorBits(repeating: 0x3f80_0000)) }

  /// 2⁻ⁿ for n from −127 to 127, which gives 0.
  @inline(always)
  var inversePower: Vector { float(VectorBits(repeating: 0x3f80_0000) &- (bits(shifted) &<< 23)) }

  /// 2ⁿ as two factors, for n from −252 to 254.
  @inline(always)
  var powers: (Vector, Vector) {
    let exponent = signed(bits(shifted) &- VectorBits(repeating: rounder.bitPattern))
    let half = exponent &>> 1
    return (powerOfTwo(half), powerOfTwo(exponent &- half))
  }

  /// 2ⁿ for n from −126 to 127.
  @inline(always)
  private func powerOfTwo(_ exponent: Vector.MaskStorage) -> Vector {
    unsafeBitCast((exponent &+ Vector.MaskStorage(repeating: 127)) &<< 23, to: Vector.self)
  }
}

/// Returns eˣ. The maximum error is 1 ulp. Overflow gives ∞, and underflow gives subnormal numbers
/// and 0.
@inline(always)
func exponential(_ x: Vector) -> Vector {
  let parts = ExponentialParts(clip(x, -104, 89))
  let powers = parts.powers
  return Vector.multiplyAdd(powers.0, parts.s, powers.0) * powers.1
}

/// Returns log x. The maximum error is 1 ulp. Negative numbers give NaN, and 0 gives −∞.
@inline(always)
func logarithm(_ x: Vector) -> Vector {
  let excess = x - Vector(repeating: Float.leastNormalMagnitude)
  let normal = select(x * Vector(repeating: 8_388_608), x, whereNegative: excess)
  // x = 2ᵉ·m with m from √½ to √2.
  let offset = bits(normal) &- VectorBits(repeating: 0x3f35_04f3)
  let exponent = signed(offset) &>> 23
  let m = float((offset & VectorBits(repeating: 0x007f_ffff)) &+ VectorBits(repeating: 0x3f35_04f3))
  let shift = select(Vector(repeating: 23), Vector(repeating: 0), whereNegative: excess)
  let e =
    float(unsafeBitCast(exponent, to: VectorBits.self) &+ VectorBits(repeating: rounder.bitPattern))
    - Vector(repeating: rounder) - shift
  let f = m - Vector(repeating: 1)
  let square = f * f
  var p = add(-0.118079931, f, Vector(repeating: 0.069265902))
  p = add(0.118776388, p, f)
  p = add(-0.123817645, p, f)
  p = add(0.142177522, p, f)
  p = add(-0.166693598, p, f)
  p = add(0.200022712, p, f)
  p = add(-0.249999851, p, f)
  p = add(0.333333105, p, f)
  var y = p * f * square
  y = Vector.multiplyAdd(e, Vector(repeating: -2.121_944_4e-4), y)
  y = Vector.multiplyAdd(square, Vector(repeating: -0.5), y)
  y = Vector.multiplyAdd(e, Vector(repeating: 0.693_359_375), y + f)
  // NaN, ∞, negative numbers, and 0 with either sign.
  y += x - x
  y = select(x, y, whereNegative: Vector(repeating: .greatestFiniteMagnitude) - x)
  y = select(Vector(repeating: .nan), y, whereNegative: x)
  // A product, so that subnormal numbers count as zero if they are flushed.
  let scaled = magnitude(x) * Vector(repeating: 0x1p100)
  return select(Vector(repeating: -.infinity), y, whereNegative: scaled - Vector(repeating: .leastNormalMagnitude))
}

// Variants for loops that combine several of these functions or do more work. In long loop bodies,
// the optimizer splits vectors into lanes.
@inline(never) func outlinedExponential(_ x: Vector) -> Vector { exponential(x) }
@inline(never) func outlinedLogarithm(_ x: Vector) -> Vector { logarithm(x) }

/// Returns erf x for |x| up to 1.
@inline(always)
private func smallErrorFunction(_ x: Vector) -> Vector {
  let square = x * x
  var p = add(-0.000801019371, square, Vector(repeating: 7.85386073e-05))
  p = add(0.00518832775, p, square)
  p = add(-0.026853811, p, square)
  p = add(0.112835854, p, square)
  p = add(-0.37612626, p, square)
  p = add(1.12837911, p, square)
  return x * p
}

/// Returns 1 − erf x for x ≥ ½, with a relative error of up to 4·10⁻⁷ + 6·10⁻⁸·x².
@inline(always)
private func complementaryErrorFunction(_ x: Vector) -> Vector {
  let one = Vector(repeating: 1)
  let t = one / Vector.multiplyAdd(x, Vector(repeating: 0.5), one)
  var p = add(0.63556695, t, Vector(repeating: -0.23746343))
  p = add(-0.439016342, p, t)
  p = add(-0.0735103115, p, t)
  p = add(-0.0697601065, p, t)
  p = add(0.0709016174, p, t)
  p = add(0.377927244, p, t)
  p = add(0.999677062, p, t)
  p = add(-1.26549804, p, t)
  return t * exponential(Vector.multiplyAdd(x, -x, p))
}

/// Returns erf x. The maximum error is 2 ulp.
@inline(always)
func errorFunction(_ x: Vector) -> Vector {
  let size = magnitude(x)
  let large = Vector(repeating: 1) - complementaryErrorFunction(minimum(Vector(repeating: 10), size))
  return select(withSign(of: x, large), smallErrorFunction(x), whereNegative: Vector(repeating: 0.875) - size)
}
