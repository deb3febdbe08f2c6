public import InfoldKernelInterface

#if INFOLD_AVX512 || INFOLD_AVX2 || INFOLD_NEON
  import CMachine
#endif

extension Kernels {
  @inline(never)
  public static func widen(
    _ input: UnsafePointer<UInt16>, of format: NarrowFormat, to output: UnsafeMutablePointer<Float>, count: Int
  ) {
    switch format {
    case .float16:
      let first = widenVectors(input, to: output, count: count)
      for index in first..<count { output[index] = Float(bitPattern: widened(input[index])) }
    case .bfloat16:
      for index in 0..<count { output[index] = Float(bitPattern: UInt32(input[index]) << 16) }
    }
  }

  @inline(never)
  public static func narrow(
    _ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<UInt16>, of format: NarrowFormat, count: Int
  ) {
    switch format {
    case .float16:
      let first = narrowVectors(input, to: output, count: count)
      for index in first..<count { output[index] = narrowed(input[index]) }
    case .bfloat16:
      for index in 0..<count { output[index] = upperHalf(input[index].bitPattern) }
    }
  }

  /// Converts as many numbers as fill whole vectors.
  /// - Returns: Their number.
  @inline(always)
  private static func widenVectors(
    _ input: UnsafePointer<UInt16>, to output: UnsafeMutablePointer<Float>, count: Int
  ) -> Int {
    #if INFOLD_AVX512 || INFOLD_AVX2 || INFOLD_NEON
      forEach(from: 0, to: count & ~7, by: 8) { index in infold_widen_halves(input + index, output + index) }
      return count & ~7
    #else
      return 0
    #endif
  }

  @inline(always)
  private static func narrowVectors(
    _ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<UInt16>, count: Int
  ) -> Int {
    #if INFOLD_AVX512 || INFOLD_AVX2 || INFOLD_NEON
      forEach(from: 0, to: count & ~7, by: 8) { index in infold_narrow_floats(input + index, output + index) }
      return count & ~7
    #else
      return 0
    #endif
  }

  /// Returns the bits of a float16 number in float32. All cases are computed, so that loops
  /// vectorize.
  @inline(always)
  private static func widened(_ half: UInt16) -> UInt32 {
    let sign = UInt32(half & 0x8000) << 16, magnitude = UInt32(half & 0x7FFF)
    // Moves exponents from float16's range to float32's.
    let normal = (magnitude << 13) &+ (112 << 23)
    let subnormal = (Float(magnitude) * 0x1p-24).bitPattern
    let finite = magnitude < 0x0400 ? subnormal : normal
    let number = magnitude < 0x7C00 ? finite : normal &+ (112 << 23)
    return sign | number | (magnitude > 0x7C00 ? 0x0040_0000 : 0)
  }

  /// Returns the nearest float16 number, ties to even.
  @inline(always)
  private static func narrowed(_ number: Float) -> UInt16 {
    let bits = number.bitPattern, magnitude = bits & 0x7FFF_FFFF
    // After adding ½, the last bit has the weight of float16's smallest subnormal number.
    let subnormal = (Float(bitPattern: magnitude) + 0.5).bitPattern &- 0x3F00_0000
    let normal = (magnitude &- (112 << 23) &+ 0x0FFF &+ ((magnitude >> 13) & 1)) >> 13
    let finite = magnitude < 0x3880_0000 ? subnormal : normal
    let infinite: UInt32 = magnitude > 0x7F80_0000 ? 0x7E00 | ((magnitude >> 13) & 0x03FF) : 0x7C00
    let half = magnitude < 0x4780_0000 ? finite : infinite
    return UInt16(truncatingIfNeeded: ((bits >> 16) & 0x8000) | half)
  }

  /// Returns the bits of the nearest bfloat16 number, ties to even. NaN stays NaN.
  @inline(always)
  private static func upperHalf(_ bits: UInt32) -> UInt16 {
    let rounded = (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16
    let isNumber = bits & 0x7FFF_FFFF <= 0x7F80_0000
    return UInt16(truncatingIfNeeded: isNumber ? rounded : (bits >> 16) | 0x0040)
  }
}
