#if INFOLD_AMX || INFOLD_BFLOAT16
  import CMachine
#endif

/// Returns the nearest bfloat16 number, ties to even, as the bits of a float32 number. Finite
/// numbers beyond the largest bfloat16 number become that number, so that no product with zero
/// becomes NaN. NaN stays NaN. Subnormal numbers become zero.
@inline(always)
func roundedToBFloat16(_ bits: UInt32) -> UInt32 {
  let (sign, magnitude) = (bits & 0x8000_0000, bits & 0x7FFF_FFFF)
  let nearest = (magnitude &+ 0x7FFF &+ ((magnitude >> 16) & 1)) & 0xFFFF_0000
  let finite = nearest < 0x7F80_0000 ? nearest : 0x7F7F_0000
  let special = magnitude > 0x7F80_0000 ? (magnitude | 0x0040_0000) & 0xFFFF_0000 : 0x7F80_0000
  return sign | (magnitude < 0x7F80_0000 ? (magnitude < 0x0080_0000 ? 0 : finite) : special)
}

/// Returns the rest x − x₁ of a number and its rounded value, rounded to bfloat16. The rest is
/// exact before it is rounded. Non-finite numbers have no rest, and subnormal rests become zero.
@inline(always)
func restBeyondBFloat16(_ bits: UInt32, _ rounded: UInt32) -> UInt32 {
  let rest = (Float(bitPattern: bits) - Float(bitPattern: rounded)).bitPattern
  // Masks instead of branches, so that loops vectorize. A rest is far from the largest number.
  let finite: UInt32 = bits & 0x7FFF_FFFF < 0x7F80_0000 ? .max : 0
  let normal: UInt32 = rest & 0x7FFF_FFFF < 0x0080_0000 ? 0 : .max
  return (rest &+ 0x7FFF &+ ((rest >> 16) & 1)) & 0xFFFF_0000 & finite & normal
}

/// The bits of 2⁶⁰. Numbers of this magnitude and non-finite numbers are not split.
@inline(always)
var splitLimitBits: UInt32 { 0x5D80_0000 }

/// Converts numbers to bfloat16.
/// - Parameter rests: The destination of the second parts, or `nil` for rounded factors.
/// - Returns: The bits of the largest magnitude.
@inline(always)
func convertToBFloat16(
  _ numbers: UnsafePointer<Float>, count: Int, _ target: UnsafeMutablePointer<UInt16>,
  rests: UnsafeMutablePointer<UInt16>?
) -> UInt32 {
  guard let rests else {
    forEach(from: 0, to: count, by: 32) { first in
      roundToBFloat16(numbers + first, count: min(32, count &- first), target + first)
    }
    return 0
  }
  // A branch-free loop, which vectorizes, like the one below.
  var largest: UInt32 = 0
  for index in 0..<count {
    let bits = numbers[index].bitPattern
    let rounded = roundedToBFloat16(bits)
    target[index] = UInt16(truncatingIfNeeded: rounded >> 16)
    rests[index] = UInt16(truncatingIfNeeded: restBeyondBFloat16(bits, rounded) >> 16)
    let magnitude = bits & 0x7FFF_FFFF
    largest = magnitude > largest ? magnitude : largest
  }
  return largest
}

/// Rounds at most 32 numbers to bfloat16.
@inline(always)
private func roundToBFloat16(
  _ numbers: UnsafePointer<Float>, count: Int, _ target: UnsafeMutablePointer<UInt16>
) {
  #if INFOLD_AMX || INFOLD_BFLOAT16
    if infold_round_to_bfloat16(numbers, count, target) { return }
  #endif
  for index in 0..<count {
    target[index] = UInt16(truncatingIfNeeded: roundedToBFloat16(numbers[index].bitPattern) >> 16)
  }
}
