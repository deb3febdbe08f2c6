// Functions of a vector, lane by lane, by range reduction and polynomials. The coefficients are least-maximum fits of
// our own. Errors are the largest over the whole range of arguments, in units in the last place, with fused
// multiply-add.

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

/// The larger one of each lane; `x` where it is NaN.
@inline(always)
func maximum(_ bound: Vector, _ x: Vector) -> Vector { x.replacing(with: bound, where: x .< bound) }

/// The smaller one of each lane; `x` where it is NaN.
@inline(always)
func minimum(_ bound: Vector, _ x: Vector) -> Vector { x.replacing(with: bound, where: x .> bound) }

/// The larger one of each lane; NaN where either is.
@inline(always)
func largest(_ x: Vector, _ y: Vector) -> Vector { maximum(x, y).replacing(with: x, where: x .!= x) }

/// `a` in the lanes where `sign` is negative, −0 or a NaN with that sign, else `b`. In long functions the optimizer
/// takes `replacing(with:where:)` apart into lanes; this it does not.
@inline(always)
func select(_ a: Vector, _ b: Vector, whereNegative sign: Vector) -> Vector {
  let mask = VectorBits(repeating: 0) &- (bits(sign) &>> 31)
  return float((bits(a) & mask) | (bits(b) & ~mask))
}

/// The smaller one of each lane; NaN where either is.
@inline(always)
func least(_ x: Vector, _ y: Vector) -> Vector { minimum(x, y).replacing(with: x, where: x .!= x) }

/// max(low, min(high, x)); NaN stays NaN.
@inline(always)
func clip(_ x: Vector, _ low: Float, _ high: Float) -> Vector {
  maximum(Vector(repeating: low), minimum(Vector(repeating: high), x))
}

/// |x|.
@inline(always)
func magnitude(_ x: Vector) -> Vector { float(bits(x) & VectorBits(repeating: 0x7fff_ffff)) }

/// −x, also of zeros: the operator of vectors subtracts from 0.
@inline(always)
func negated(_ x: Vector) -> Vector { float(bits(x) ^ VectorBits(repeating: 0x8000_0000)) }

/// `size`, which is not negative, with the sign of `x`.
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

/// `constant + x · y`.
@inline(always)
private func add(_ constant: Float, _ x: Vector, _ y: Vector) -> Vector {
  Vector.multiplyAdd(x, y, Vector(repeating: constant))
}

/// Added to a number below 2²² and subtracted again, it rounds the number to an integer, which meanwhile stands in the
/// lowest bits.
private let rounder: Float = 12_582_912

/// eˣ: 1 ulp. Overflow gives ∞, underflow subnormal numbers and 0.
@inline(always)
func exponential(_ x: Vector) -> Vector {
  let x = clip(x, -104, 89)
  // x = n·log 2 + r, where log 2 is given as a short number and a rest, so that n times the first is exact.
  let shifted = add(rounder, x, Vector(repeating: 1.442_695_04))
  let n = shifted - Vector(repeating: rounder)
  var r = Vector.multiplyAdd(n, Vector(repeating: -0.693_359_375), x)
  r = Vector.multiplyAdd(n, Vector(repeating: 2.121_944_4e-4), r)
  let p = Vector(repeating: 1) + smallExponentialLessOne(r)
  // 2ⁿ in two factors, since n reaches from −150 to 128.
  let exponent = signed(bits(shifted) &- VectorBits(repeating: rounder.bitPattern))
  let half = exponent &>> 1
  return p * powerOfTwo(half) * powerOfTwo(exponent &- half)
}

/// eˣ − 1 for |x| up to ½·log 2.
@inline(always)
private func smallExponentialLessOne(_ x: Vector) -> Vector {
  var q = add(0.00836941879, x, Vector(repeating: 0.00138131448))
  q = add(0.041668456, q, x)
  q = add(0.166665152, q, x)
  q = add(0.49999994, q, x)
  return Vector.multiplyAdd(x * x, q, x)
}

/// eˣ − 1: 2 ulp.
@inline(always)
func exponentialLessOne(_ x: Vector) -> Vector {
  let large = exponential(x) - Vector(repeating: 1)
  return select(smallExponentialLessOne(x), large, whereNegative: magnitude(x) - Vector(repeating: 0.34))
}

/// 2ⁿ for n from −126 to 127.
@inline(always)
private func powerOfTwo(_ exponent: Vector.MaskStorage) -> Vector {
  unsafeBitCast((exponent &+ Vector.MaskStorage(repeating: 127)) &<< 23, to: Vector.self)
}

/// log x: 1 ulp. Negative numbers give NaN, 0 gives −∞.
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
  // A product, so that subnormal numbers are zeros where they are flushed.
  let scaled = magnitude(x) * Vector(repeating: 0x1p100)
  return select(Vector(repeating: -.infinity), y, whereNegative: scaled - Vector(repeating: .leastNormalMagnitude))
}

// For loops that do more than one of these, or something else besides: the optimizer would take long bodies apart into
// lanes.
@inline(never) func outlinedExponential(_ x: Vector) -> Vector { exponential(x) }
@inline(never) func outlinedLogarithm(_ x: Vector) -> Vector { logarithm(x) }

/// log(1 + x) for x ≥ 0.
@inline(always)
func logarithmOfSuccessor(_ x: Vector) -> Vector {
  let one = Vector(repeating: 1)
  let sum = one + x
  // What the sum lost of x is made good by the quotient.
  let rounded = sum - one
  let y = logarithm(sum) * (x / rounded)
  return select(x, y, whereNegative: rounded - Vector(repeating: .leastNormalMagnitude))
}

/// 1 ÷ (1 + e⁻ˣ): 2 ulp.
@inline(always)
func sigmoid(_ x: Vector) -> Vector {
  let one = Vector(repeating: 1)
  return one / (one + exponential(-x))
}

/// tanh x: 2 ulp.
@inline(always)
func hyperbolicTangent(_ x: Vector) -> Vector {
  let one = Vector(repeating: 1)
  let size = magnitude(x)
  let large = one - Vector(repeating: 2) / (exponential(size + size) + one)
  let square = x * x
  var p = add(-0.00818267744, square, Vector(repeating: 0.00214753975))
  p = add(0.0217029694, p, square)
  p = add(-0.0539472029, p, square)
  p = add(0.133332103, p, square)
  p = add(-0.333333313, p, square)
  let small = Vector.multiplyAdd(x * square, p, x)
  return select(withSign(of: x, large), small, whereNegative: Vector(repeating: 0.625) - size)
}

/// erf x for |x| up to 1.
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

/// 1 − erf x for x ≥ ½, with a relative error of up to 4·10⁻⁷ + 6·10⁻⁸·x².
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

/// erf x: 2 ulp.
@inline(always)
func errorFunction(_ x: Vector) -> Vector {
  let size = magnitude(x)
  let large = Vector(repeating: 1) - complementaryErrorFunction(minimum(Vector(repeating: 10), size))
  return select(withSign(of: x, large), smallErrorFunction(x), whereNegative: Vector(repeating: 0.875) - size)
}

/// x · Φ(x), with the distribution function of the normal distribution.
@inline(always)
func gaussianErrorLinearUnit(_ x: Vector) -> Vector {
  let (half, one) = (Vector(repeating: 0.5), Vector(repeating: 1))
  let z = x * Vector(repeating: 0.707_106_781)
  let size = magnitude(z)
  let tail = half * complementaryErrorFunction(minimum(Vector(repeating: 14), size))
  let large = select(tail, one - tail, whereNegative: x)
  let small = Vector.multiplyAdd(half, smallErrorFunction(z), half)
  return x * select(large, small, whereNegative: Vector(repeating: 0.875) - size)
}
