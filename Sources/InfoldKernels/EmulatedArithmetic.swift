/// The arithmetic of instructions that multiply bfloat16 numbers: rounding to nearest, with ties to
/// even. Subnormal numbers count as zero, and subnormal results become zero.
enum EmulatedArithmetic {
  /// Returns sum + factor · weight with a single rounding. In double precision the product is
  /// exact. The sum has more than twice as many bits as a float, so that rounding it twice equals
  /// rounding it once.
  @inline(__always)
  static func sum(_ sum: Float, _ factor: UInt16, _ weight: UInt16) -> Float {
    normal(Float(Double(sum) + number(factor) * number(weight)))
  }

  /// Returns sum + (a + b) with two roundings.
  @inline(__always)
  static func sum(_ sum: Float, _ a: Float, _ b: Float) -> Float { normal(sum + normal(a + b)) }

  /// Returns a bfloat16 number, or zero for a subnormal one.
  @inline(__always)
  private static func number(_ bits: UInt16) -> Double {
    Double(Float(bitPattern: bits & 0x7F80 == 0 ? UInt32(bits & 0x8000) << 16 : UInt32(bits) << 16))
  }

  /// Returns a number, or zero for a subnormal one.
  @inline(__always)
  private static func normal(_ number: Float) -> Float {
    let bits = number.bitPattern
    return Float(bitPattern: bits & 0x7F80_0000 == 0 ? bits & 0x8000_0000 : bits)
  }
}
