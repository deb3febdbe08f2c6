import InfoldTensor

/// A function of two integers, modulo 2ⁿ.
enum IntegerFunction: Sendable {
  case sum, difference, product
  /// Rounded toward zero.
  case quotient
  case maximum, minimum
  /// Of a quotient that is rounded toward zero, or down.
  case remainder(truncates: Bool)

  /// Whether the second one must not be zero.
  var divides: Bool {
    switch self {
    case .quotient, .remainder: true
    case .sum, .difference, .product, .maximum, .minimum: false
    }
  }

  /// Whether plans have memory for integers of a type.
  static func has(_ type: ElementType) -> Bool {
    switch type {
    case .int32, .uint32, .int64, .uint64, .uint8, .int8: true
    default: false
    }
  }

  /// Computes it in units of the loops.
  func run(
    _ units: Range<Int>, _ loops: ElementwiseOperands, of type: ElementType, _ a: UnsafeRawPointer,
    _ b: UnsafeRawPointer, to result: UnsafeMutableRawPointer
  ) {
    switch type {
    case .int32:
      run(units, loops, a, b, result) { (x: Int32) in
        x
      } _: {
        $0
      }
    case .uint32:
      run(units, loops, a, b, result) { (x: UInt32) in
        x
      } _: {
        $0
      }
    case .int64:
      run(units, loops, a, b, result) { (x: Int64) in
        x
      } _: {
        $0
      }
    case .uint64:
      run(units, loops, a, b, result) { (x: UInt64) in
        x
      } _: {
        $0
      }
    case .uint8:
      run(units, loops, a, b, result) { (x: UInt8) in
        x
      } _: {
        $0
      }
    // In planned memory, 128 has been added.
    case .int8:
      run(units, loops, a, b, result) {
        Int8(bitPattern: $0 ^ 128)
      } _: {
        UInt8(bitPattern: $0) ^ 128
      }
    default: preconditionFailure("kernels do not compute with \(type)")
    }
  }

  /// - Parameters:
  ///   - number: What bits in planned memory mean.
  ///   - bits: The bits of a number there.
  @inline(__always)
  private func run<Bits: BitwiseCopyable, Number: FixedWidthInteger>(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
    _ result: UnsafeMutableRawPointer, _ number: (Bits) -> Number, _ bits: (Number) -> Bits
  ) {
    let a = a.assumingMemoryBound(to: Bits.self), b = b.assumingMemoryBound(to: Bits.self)
    let y = result.assumingMemoryBound(to: Bits.self)
    switch self {
    case .sum: loops.combine(units, a, b, y) { bits(number($0) &+ number($1)) }
    case .difference: loops.combine(units, a, b, y) { bits(number($0) &- number($1)) }
    case .product: loops.combine(units, a, b, y) { bits(number($0) &* number($1)) }
    case .quotient:
      loops.combine(units, a, b, y) { bits(number($0).dividedReportingOverflow(by: number($1)).partialValue) }
    case .maximum: loops.combine(units, a, b, y) { bits(max(number($0), number($1))) }
    case .minimum: loops.combine(units, a, b, y) { bits(min(number($0), number($1))) }
    case .remainder(true):
      loops.combine(units, a, b, y) { bits(number($0).remainderReportingOverflow(dividingBy: number($1)).partialValue) }
    case .remainder(false):
      loops.combine(units, a, b, y) {
        let divisor = number($1), rest = number($0).remainderReportingOverflow(dividingBy: divisor).partialValue
        return bits(rest == 0 || (rest < 0) == (divisor < 0) ? rest : rest &+ divisor)
      }
    }
  }

  /// Whether one of some integers is zero.
  static func hasZero(_ count: Int, of type: ElementType, _ numbers: UnsafeRawPointer) -> Bool {
    func hasZero<Bits: FixedWidthInteger>(_ zero: Bits) -> Bool {
      let numbers = numbers.assumingMemoryBound(to: Bits.self)
      var found = false
      for index in 0..<count { found = found || numbers[index] == zero }
      return found
    }
    return switch type.bitWidth {
    case 8: hasZero(type == .int8 ? 128 : 0 as UInt8)
    case 32: hasZero(0 as UInt32)
    default: hasZero(0 as UInt64)
    }
  }
}
