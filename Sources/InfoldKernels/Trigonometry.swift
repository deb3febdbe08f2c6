#if INFOLD_AVX512 || INFOLD_AVX2
  import _Builtin_intrinsics.intel
#endif

// Sines and cosines. The nearest multiple of π ÷ 2 is subtracted from the angle, and a polynomial
// is evaluated. The coefficients are our own minimax fits.

/// An angle as a number of quarter turns and a remainder from −π ÷ 4 to π ÷ 4. The remainder has
/// two parts.
private struct QuarterTurns {
  /// The number of quarter turns modulo 4, in the two lowest bits.
  let count: VectorBits
  let rest: Vector
  let correction: Vector

  /// Adding this to a number below 2²² and subtracting it again rounds the number to an integer. In
  /// between, the integer is in the lowest bits.
  @inline(always)
  private static var rounder: Vector { Vector(repeating: 12_582_912) }

  /// The largest angle whose number of quarter turns has few enough bits.
  @inline(always)
  static var limit: Float { 12_800 }

  /// Reduces angles up to the limit.
  @inline(always)
  init(_ x: Vector) {
    let shifted = Vector.multiplyAdd(x, Vector(repeating: 0.636_619_75), Self.rounder)
    let n = shifted - Self.rounder
    count = bits(shifted)
    // π ÷ 2 is split into five parts. The first four have so few bits that their products with n
    // are exact. The first differences are exact as well.
    var r = Vector.multiplyAdd(n, Vector(repeating: -0x1.92p0), x)
    r = Vector.multiplyAdd(n, Vector(repeating: -0x1.fb4p-12), r)
    var lost = Vector(repeating: 0)
    @inline(always)
    func subtract(_ product: Vector) {
      let difference = r - product
      let back = difference - r
      lost += (r - (difference - back)) - (product + back)
      r = difference
    }
    subtract(n * Vector(repeating: 0x1.444p-24))
    subtract(n * Vector(repeating: 0x1.68cp-39))
    lost = Vector.multiplyAdd(n, Vector(repeating: -0x1.1a6264p-54), lost)
    rest = r + lost
    correction = lost - (rest - r)
  }

  /// Reduces one angle beyond the limit and repeats it in each lane.
  @inline(always)
  init(beyondLimit x: Float) {
    let exponent = Int(x.bitPattern &>> 23 & 255) &- 150
    let significand = UInt64(x.bitPattern & 0x7f_ffff | 0x80_0000)
    // The product with 2 ÷ π modulo 4. Only 96 bits matter, because the bits before them are whole
    // turns.
    let place = exponent &+ 30, shift = UInt64(truncatingIfNeeded: place & 31)
    @inline(always)
    func word(_ index: Int) -> UInt64 {
      let pair = quarterTurnBits(place &>> 5 &+ index) &<< 32 | quarterTurnBits(place &>> 5 &+ index &+ 1)
      return pair &>> (32 &- shift) & 0xffff_ffff
    }
    let low = significand &* word(2)
    let middle = significand &* word(1) &+ low &>> 32
    let high = significand &* word(0) &+ middle &>> 32
    let fraction = high &<< 34 | (middle & 0xffff_ffff) &<< 2 | (low & 0xffff_ffff) &>> 30
    var quarters = UInt32(truncatingIfNeeded: high &>> 30 & 3) &+ UInt32(truncatingIfNeeded: fraction &>> 63)
    // From half a quarter turn on, the remainder is relative to the next quarter turn and negative.
    var angle = Double(Int64(bitPattern: fraction)) * 0x1p-64 * 1.570_796_326_794_896_6
    if x < 0 {
      quarters = 0 &- quarters
      angle = -angle
    }
    let nearest = Float(angle)
    count = VectorBits(repeating: quarters)
    rest = Vector(repeating: nearest)
    correction = Vector(repeating: Float(angle - Double(nearest)))
  }

  /// Returns the sine of the angle plus `quarters` quarter turns.
  @inline(always)
  func sine(after quarters: UInt32) -> Vector {
    let square = rest * rest
    let (half, one) = (square * Vector(repeating: 0.5), Vector(repeating: 1))
    let nearOne = one - half
    var p = add(0.008_332_131_43, square, Vector(repeating: -0.000_195_108_398))
    p = add(-0.166_666_538, p, square)
    let sine = rest + Vector.multiplyAdd(rest * square, p, correction * nearOne)
    var q = add(-0.001_388_730_6, square, Vector(repeating: 2.443_120_5e-05))
    q = add(0.041_666_645_6, q, square)
    let bend = Vector.multiplyAdd(square * square, q, (one - nearOne) - half)
    let cosine = nearOne + Vector.multiplyAdd(negated(rest), correction, bend)
    let turned = count &+ VectorBits(repeating: quarters)
    let size = select(cosine, sine, whereNegative: float(turned &<< 31))
    return float(bits(size) ^ ((turned & VectorBits(repeating: 2)) &<< 30))
  }
}

/// Returns 32 fractional bits of 2 ÷ π. The same number of zeros precedes them.
@inline(always)
private func quarterTurnBits(_ index: Int) -> UInt64 {
  switch index {
  case 1: 0xa2f9_836e
  case 2: 0x4e44_1529
  case 3: 0xfc27_57d1
  case 4: 0xf534_ddc0
  case 5: 0xdb62_9599
  case 6: 0x3c43_9041
  case 7: 0xfe51_63ab
  default: 0
  }
}

/// Returns whether any lane is negative, −0, or a NaN with a negative sign.
@inline(always)
private func hasNegative(_ x: Vector) -> Bool {
  #if INFOLD_AVX512
    return _mm512_movepi32_mask(unsafeBitCast(x, to: SIMD8<Int64>.self)) != 0
  #elseif INFOLD_AVX2
    return _mm256_movemask_ps(x) != 0
  #else
    let bits = bits(x)
    return (bits.x | bits.y | bits.z | bits.w) &>> 31 != 0
  #endif
}

/// Returns `y`, with the lanes in which x lies beyond the limit replaced by the sine of x plus
/// `quarters` quarter turns.
@inline(never)
private func withLargeAngles(_ x: Vector, _ y: Vector, after quarters: UInt32) -> Vector {
  var y = y
  for lane in 0..<Vector.scalarCount {
    let angle = x[lane]
    if angle.magnitude > QuarterTurns.limit, angle.magnitude < .infinity {
      y[lane] = QuarterTurns(beyondLimit: angle).sine(after: quarters)[0]
    } else if !(angle.magnitude < .infinity) {
      y[lane] = angle - angle
    }
  }
  return y
}

@inline(always)
private func sine(_ x: Vector, after quarters: UInt32) -> Vector {
  let y = QuarterTurns(x).sine(after: quarters)
  guard hasNegative(Vector(repeating: QuarterTurns.limit) - magnitude(x)) else { return y }
  return withLargeAngles(x, y, after: quarters)
}

/// Returns sin x. The maximum error is 1 ulp.
@inline(always)
func sine(_ x: Vector) -> Vector {
  // The sine of a small angle is the angle itself, also for −0.
  select(x, sine(x, after: 0), whereNegative: magnitude(x) - Vector(repeating: 0x1p-12))
}

/// Returns cos x. The maximum error is 1 ulp.
@inline(always)
func cosine(_ x: Vector) -> Vector { sine(x, after: 1) }
