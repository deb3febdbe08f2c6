import InfoldTensor

/// A function of two integers, modulo 2ⁿ.
enum IntegerFunction: Sendable {
  case sum, difference, product
  /// The quotient rounded toward zero.
  case quotient
  case maximum, minimum
  /// The remainder of a quotient that is rounded toward zero or down.
  case remainder(truncates: Bool)
  /// Bitwise functions.
  case conjunction, disjunction, exclusion
  /// A shift by a number of bits. Right shifts of signed numbers copy the sign.
  case shift(toLeft: Bool)

  /// Whether the second operand must not be zero.
  var divides: Bool {
    switch self {
    case .quotient, .remainder: true
    case .sum, .difference, .product, .maximum, .minimum, .conjunction, .disjunction, .exclusion, .shift: false
    }
  }

  /// Returns whether the functions support an element type.
  static func has(_ type: ElementType) -> Bool {
    switch type {
    case .int16, .uint16, .int32, .uint32, .int64, .uint64, .uint8, .int8: true
    default: false
    }
  }

  /// Computes the function for a range of units of the loops.
  func run(
    _ units: Range<Int>, _ loops: ElementwiseOperands, of type: ElementType, _ a: UnsafeRawPointer,
    _ b: UnsafeRawPointer, to result: UnsafeMutableRawPointer
  ) {
    switch type {
    case .int16: run(units, loops, a, b, result, as: Int16.self)
    case .uint16: run(units, loops, a, b, result, as: UInt16.self)
    case .int32: run(units, loops, a, b, result, as: Int32.self)
    case .uint32: run(units, loops, a, b, result, as: UInt32.self)
    case .int64: run(units, loops, a, b, result, as: Int64.self)
    case .uint64: run(units, loops, a, b, result, as: UInt64.self)
    case .uint8: run(units, loops, a, b, result, as: UInt8.self)
    case .int8: runOnBytes(units, loops, a, b, result)
    default: preconditionFailure("no integer function of \(type)")
    }
  }

  private func run<Number: FixedWidthInteger>(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
    _ result: UnsafeMutableRawPointer, as _: Number.Type
  ) {
    let a = a.assumingMemoryBound(to: Number.self), b = b.assumingMemoryBound(to: Number.self)
    let y = result.assumingMemoryBound(to: Number.self)
    switch self {
    case .sum: loops.combine(units, a, b, y) { $0 &+ $1 }
    case .difference: loops.combine(units, a, b, y) { $0 &- $1 }
    case .product: loops.combine(units, a, b, y) { $0 &* $1 }
    case .quotient: loops.combine(units, a, b, y) { $0.dividedReportingOverflow(by: $1).partialValue }
    case .maximum: loops.combine(units, a, b, y) { max($0, $1) }
    case .minimum: loops.combine(units, a, b, y) { min($0, $1) }
    case .remainder(true): loops.combine(units, a, b, y) { $0.remainderReportingOverflow(dividingBy: $1).partialValue }
    case .remainder(false): loops.combine(units, a, b, y) { Self.modulo($0, $1) }
    case .conjunction: loops.combine(units, a, b, y) { $0 & $1 }
    case .disjunction: loops.combine(units, a, b, y) { $0 | $1 }
    case .exclusion: loops.combine(units, a, b, y) { $0 ^ $1 }
    case .shift(let toLeft): loops.combine(units, a, b, y) { Self.shifted($0, by: $1, toLeft: toLeft) }
    }
  }

  /// Computes the function for int8 numbers, which have 128 added in planned memory.
  private func runOnBytes(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
    _ result: UnsafeMutableRawPointer
  ) {
    let a = a.assumingMemoryBound(to: UInt8.self), b = b.assumingMemoryBound(to: UInt8.self)
    loops.combine(units, a, b, result.assumingMemoryBound(to: UInt8.self)) { a, b in
      let x = Int8(bitPattern: a ^ 128), y = Int8(bitPattern: b ^ 128)
      let z =
        switch self {
        case .sum: x &+ y
        case .difference: x &- y
        case .product: x &* y
        case .quotient: x.dividedReportingOverflow(by: y).partialValue
        case .maximum: max(x, y)
        case .minimum: min(x, y)
        case .remainder(true): x.remainderReportingOverflow(dividingBy: y).partialValue
        case .remainder(false): Self.modulo(x, y)
        case .conjunction: x & y
        case .disjunction: x | y
        case .exclusion: x ^ y
        case .shift(let toLeft): Self.shifted(x, by: y, toLeft: toLeft)
        }
      return UInt8(bitPattern: z) ^ 128
    }
  }

  /// Returns the remainder of a quotient that is rounded down.
  @inline(__always)
  private static func modulo<Number: FixedWidthInteger>(_ x: Number, _ y: Number) -> Number {
    let rest = x.remainderReportingOverflow(dividingBy: y).partialValue
    return rest == 0 || (rest < 0) == (y < 0) ? rest : rest &+ y
  }

  /// Shifts a number. A negative count, or one of at least the bit width, shifts out all bits.
  @inline(__always)
  private static func shifted<Number: FixedWidthInteger>(_ x: Number, by count: Number, toLeft: Bool) -> Number {
    guard count >= 0, count < Number.bitWidth else { return !toLeft && x < 0 ? ~0 : 0 }
    return toLeft ? x &<< count : x &>> count
  }

  /// Returns whether any of the numbers is zero.
  static func hasZero(_ count: Int, of type: ElementType, _ numbers: UnsafeRawPointer) -> Bool {
    func hasZero<Bits: FixedWidthInteger>(_ zero: Bits) -> Bool {
      let numbers = numbers.assumingMemoryBound(to: Bits.self)
      var found = false
      for index in 0..<count { found = found || numbers[index] == zero }
      return found
    }
    return switch type.bitWidth {
    case 8: hasZero(type == .int8 ? 128 : 0 as UInt8)
    case 16: hasZero(0 as UInt16)
    case 32: hasZero(0 as UInt32)
    default: hasZero(0 as UInt64)
    }
  }
}
