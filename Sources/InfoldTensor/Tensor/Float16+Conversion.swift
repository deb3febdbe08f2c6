// Swift converts by software where the instruction set that it compiles for has no Float16, through numbers that are subnormal in
// `Float`. A thread that flushes those to zero would lose every subnormal Float16, which is an ordinary number in `Float`.

extension Float {
  /// The exact value of `half`, whatever the calling thread makes of subnormal numbers. A NaN is quiet, as processors make it.
  @inline(__always)
  package init(widening half: Float16) {
    let sign = UInt32(half.bitPattern & 0x8000) << 16, magnitude = UInt32(half.bitPattern & 0x7FFF)
    // All cases are computed, so that a loop takes several numbers at a time. From the exponents of Float16 to those of Float:
    let normal = (magnitude << 13) &+ (112 << 23)
    let finite = magnitude < 0x0400 ? (Float(magnitude) * 0x1p-24).bitPattern : normal
    let number = magnitude < 0x7C00 ? finite : normal &+ (112 << 23)
    self.init(bitPattern: sign | number | (magnitude > 0x7C00 ? 0x0040_0000 : 0))
  }
}

extension Float16 {
  /// `value`, rounded to nearest, ties to even, whatever the calling thread makes of subnormal numbers.
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
