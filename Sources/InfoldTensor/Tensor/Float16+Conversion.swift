// Swift converts in software if the instruction set that it compiles for has no Float16. That
// conversion goes through subnormal numbers of `Float`. A thread that flushes those to zero would
// lose every subnormal Float16, which is a normal number in `Float`.

extension Float {
  /// Creates the exact value of `half`, even if the calling thread flushes subnormal numbers. A NaN
  /// becomes quiet, as in hardware.
  @inline(__always)
  package init(widening half: Float16) {
    let sign = UInt32(half.bitPattern & 0x8000) << 16, magnitude = UInt32(half.bitPattern & 0x7FFF)
    // All cases are computed, so that loops vectorize. Moves exponents from Float16's range to
    // Float's:
    let normal = (magnitude << 13) &+ (112 << 23)
    let finite = magnitude < 0x0400 ? (Float(magnitude) * 0x1p-24).bitPattern : normal
    let number = magnitude < 0x7C00 ? finite : normal &+ (112 << 23)
    self.init(bitPattern: sign | number | (magnitude > 0x7C00 ? 0x0040_0000 : 0))
  }
}

extension Float16 {
  /// Creates a number from `value`, rounded to nearest, ties to even, even if the calling thread
  /// flushes subnormal numbers.
  @inlinable @inline(__always)
  package init<Number: BinaryFloatingPoint>(narrowing value: Number) {
    guard value.magnitude < 0x1p-14 else {
      self.init(value)
      return
    }
    let steps = UInt16((value.magnitude * 0x1p24).rounded(.toNearestOrEven))
    self.init(bitPattern: (value.sign == .minus ? 0x8000 : 0) | steps)
  }
}
