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

/// The bits of the least magnitude that rounds to 2⁶⁰. Numbers of this magnitude, and non-finite
/// numbers, must not be split.
@inline(always)
var splitLimitBits: UInt32 { 0x5D7F_8000 }

/// Returns the parts x₁ and x₂ of a number, as the bits of float32 numbers: the rounded number, and
/// the rounded rest x − x₁. The rest is exact before it is rounded. Subnormal rests become zero.
///
/// The parts of a number that must not be split are not its factors, but `wholeNumber` restores the
/// number from them: the upper half of its bits, plus 1 if the lower half is negative as a signed
/// integer, and the lower half. NaN loses its payload.
@inline(always)
func partsInBFloat16(_ bits: UInt32) -> (first: UInt32, second: UInt32) {
  // Choices instead of branches, so that loops vectorize. Rounding cannot overflow: split numbers
  // are far below the largest one.
  let magnitude = bits & 0x7FFF_FFFF
  let nearest = (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000
  let rounded = magnitude < 0x0080_0000 ? bits & 0x8000_0000 : nearest
  let rest = (Float(bitPattern: bits) - Float(bitPattern: rounded)).bitPattern
  let second = rest & 0x7FFF_FFFF < 0x0080_0000 ? 0 : (rest &+ 0x7FFF &+ ((rest >> 16) & 1)) & 0xFFFF_0000
  let whole = magnitude > 0x7F80_0000 ? 0x7FC0_0000 : bits
  let isSplit = magnitude < splitLimitBits
  return (isSplit ? rounded : (whole &+ 0x8000) & 0xFFFF_0000, isSplit ? second : whole << 16)
}

/// Returns whether the first part of a number says that it must not be split.
@inline(always)
func isWhole(firstPart: UInt16) -> Bool { firstPart & 0x7FFF >= 0x5D80 }

/// Returns the number with these parts: the sum of its factors, or the number itself if it must not
/// be split.
@inline(always)
func wholeNumber(_ first: UInt16, _ second: UInt16) -> Float {
  if isWhole(firstPart: first) {
    return Float(bitPattern: UInt32(first) << 16 &+ UInt32(bitPattern: Int32(Int16(bitPattern: second))))
  }
  return Float(bitPattern: UInt32(first) << 16) + Float(bitPattern: UInt32(second) << 16)
}

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
    let (first, second) = partsInBFloat16(bits)
    target[index] = UInt16(truncatingIfNeeded: first >> 16)
    rests[index] = UInt16(truncatingIfNeeded: second >> 16)
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
