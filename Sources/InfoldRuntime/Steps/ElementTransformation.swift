import InfoldTensor

/// An element-wise transformation that is not one of the kernels' functions of floating-point
/// numbers.
enum ElementTransformation: Sendable {
  /// Functions of integers, modulo 2ⁿ.
  case magnitude, negative, sign, positivePart
  /// The complement of bits.
  case inverted
  /// The negation of Booleans.
  case opposite
  /// Tests of float32 numbers for NaN or infinity.
  case isNaN, isInfinite(negative: Bool, positive: Bool)

  /// Returns the element type of the results; `nil` if the transformation does not apply to `type`.
  func result(of type: ElementType) -> ElementType? {
    switch self {
    case .magnitude, .negative, .sign, .positivePart, .inverted:
      switch type {
      case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: type
      default: nil
      }
    case .opposite: type == .bool ? .bool : nil
    case .isNaN, .isInfinite: type == .float32 ? .bool : nil
    }
  }

  /// Transforms the first operand of the loops, for a range of units.
  func run(
    _ units: Range<Int>, _ loops: ElementwiseOperands, of type: ElementType, _ x: UnsafeRawPointer,
    to y: UnsafeMutableRawPointer
  ) {
    switch self {
    case .opposite: map(units, loops, x, y) { (x: UInt8) in x ^ 1 }
    case .isNaN: map(units, loops, x, y) { (x: Float) -> UInt8 in x.isNaN ? 1 : 0 }
    case .isInfinite(let negative, let positive):
      map(units, loops, x, y) { (x: Float) -> UInt8 in
        x == .infinity && positive || x == -.infinity && negative ? 1 : 0
      }
    default:
      switch type {
      case .int8: bytes(units, loops, x, y)
      case .int16: integers(units, loops, x, y, as: Int16.self)
      case .int32: integers(units, loops, x, y, as: Int32.self)
      case .int64: integers(units, loops, x, y, as: Int64.self)
      case .uint8: integers(units, loops, x, y, as: UInt8.self)
      case .uint16: integers(units, loops, x, y, as: UInt16.self)
      case .uint32: integers(units, loops, x, y, as: UInt32.self)
      case .uint64: integers(units, loops, x, y, as: UInt64.self)
      default: preconditionFailure("\(type) is not an integer type")
      }
    }
  }

  private func integers<Number: FixedWidthInteger>(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer,
    as _: Number.Type
  ) {
    switch self {
    case .magnitude: map(units, loops, x, y) { (x: Number) in x < 0 ? 0 &- x : x }
    case .negative: map(units, loops, x, y) { (x: Number) in 0 &- x }
    case .sign: map(units, loops, x, y) { (x: Number) in x.signum() }
    case .positivePart: map(units, loops, x, y) { (x: Number) in max(x, 0) }
    case .inverted: map(units, loops, x, y) { (x: Number) in ~x }
    case .opposite, .isNaN, .isInfinite: preconditionFailure("\(self) does not apply to integers")
    }
  }

  /// Transforms int8 numbers, which have 128 added in planned memory.
  private func bytes(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer
  ) {
    map(units, loops, x, y) { (bits: UInt8) -> UInt8 in
      let x = Int8(bitPattern: bits ^ 128)
      let y =
        switch self {
        case .magnitude: x < 0 ? 0 &- x : x
        case .negative: 0 &- x
        case .sign: x.signum()
        case .positivePart: max(x, 0)
        default: ~x
        }
      return UInt8(bitPattern: y) ^ 128
    }
  }

  @inline(__always)
  private func map<Source, Target>(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer,
    _ function: (Source) -> Target
  ) {
    let x = x.assumingMemoryBound(to: Source.self), y = y.assumingMemoryBound(to: Target.self)
    loops.forEachRun(units) { count, place, stride in
      let (x, y) = (x + place(1), y + place(0))
      if stride(1) == 1, stride(0) == 1 {
        for index in 0..<count { y[index] = function(x[index]) }
      } else {
        let (strideX, strideY) = (stride(1), stride(0))
        for index in 0..<count { y[index &* strideY] = function(x[index &* strideX]) }
      }
    }
  }
}
