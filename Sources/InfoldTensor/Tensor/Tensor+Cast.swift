import InfoldSystem

extension Tensor {
  /// Returns the elements converted to another type by the rules of ONNX's Cast and those that the
  /// operator `Cast` adds.
  /// - Precondition: Both types are numeric, bool, int4 or uint4.
  package func cast(to type: ElementType) throws(InfoldError) -> Tensor {
    switch elementType {
    case _ where elementType == type: self
    case .int4, .uint4: try inWholeBytes().cast(to: type)
    case _ where type == .int4: try boundedCast(to: .int8, -8, 7).inHalfBytes(as: type)
    case _ where type == .uint4: try boundedCast(to: .uint8, 0, 15).inHalfBytes(as: type)
    case .float16, .bfloat16, .float32, .float64:
      type.isFloatingPoint ? try converted(to: type) : try converted(to: .float64).roundedTowardZero(to: type)
    case .bool: try mapped { (x: Bool) in x ? 1 : 0 as UInt8 }.castFromInteger(to: type, from: UInt8.self)
    case .int8: try castFromInteger(to: type, from: Int8.self)
    case .int16: try castFromInteger(to: type, from: Int16.self)
    case .int32: try castFromInteger(to: type, from: Int32.self)
    case .int64: try castFromInteger(to: type, from: Int64.self)
    case .uint8: try castFromInteger(to: type, from: UInt8.self)
    case .uint16: try castFromInteger(to: type, from: UInt16.self)
    case .uint32: try castFromInteger(to: type, from: UInt32.self)
    case .uint64: try castFromInteger(to: type, from: UInt64.self)
    default: preconditionFailure("\(elementType) cannot be cast")
    }
  }

  /// Converts the elements to an 8-bit type. Floating-point numbers are clamped to the bounds.
  /// Integers keep their low bits.
  private func boundedCast(to type: ElementType, _ lower: Double, _ upper: Double) throws(InfoldError) -> Tensor {
    guard elementType.isFloatingPoint else { return try cast(to: type) }
    return try converted(to: .float64).mapped { (x: Double) in x.isNaN ? 0 : min(max(x, lower), upper) }.cast(to: type)
  }

  private func roundedTowardZero(to type: ElementType) throws(InfoldError) -> Tensor {
    switch type {
    case .bool: try mapped { (x: Double) in x != 0 }
    case .int8: try mapped { (x: Double) in Int8(saturating: x) }
    case .int16: try mapped { (x: Double) in Int16(saturating: x) }
    case .int32: try mapped { (x: Double) in Int32(saturating: x) }
    case .int64: try mapped { (x: Double) in Int64(saturating: x) }
    case .uint8: try mapped { (x: Double) in UInt8(saturating: x) }
    case .uint16: try mapped { (x: Double) in UInt16(saturating: x) }
    case .uint32: try mapped { (x: Double) in UInt32(saturating: x) }
    case .uint64: try mapped { (x: Double) in UInt64(saturating: x) }
    default: preconditionFailure("\(type) is not an integer type")
    }
  }

  private func castFromInteger<Source: IntegerElement>(
    to type: ElementType, from _: Source.Type
  ) throws(InfoldError) -> Tensor {
    switch type {
    case .bool: try mapped { (x: Source) in x != 0 }
    case .int8: try mapped { (x: Source) in Int8(truncatingIfNeeded: x) }
    case .int16: try mapped { (x: Source) in Int16(truncatingIfNeeded: x) }
    case .int32: try mapped { (x: Source) in Int32(truncatingIfNeeded: x) }
    case .int64: try mapped { (x: Source) in Int64(truncatingIfNeeded: x) }
    case .uint8: try mapped { (x: Source) in UInt8(truncatingIfNeeded: x) }
    case .uint16: try mapped { (x: Source) in UInt16(truncatingIfNeeded: x) }
    case .uint32: try mapped { (x: Source) in UInt32(truncatingIfNeeded: x) }
    case .uint64: try mapped { (x: Source) in UInt64(truncatingIfNeeded: x) }
    case .float32: try mapped { (x: Source) in Float(x) }
    case .float64: try mapped { (x: Source) in Double(x) }
    case .float16, .bfloat16:
      // Converts by way of a double with a sticky bit, so that the second rounding gives the
      // correctly rounded result.
      try mapped { (x: Source) in Double(sticky: x) }.converted(to: type)
    default: preconditionFailure("an integer cannot be cast to \(type)")
    }
  }
}

extension FixedWidthInteger {
  /// Creates the integer `value` rounded toward zero, clamped to the type's range. NaN becomes 0.
  @inlinable
  package init(saturating value: Double) {
    if value >= 0 {
      self = value < 0x1p64 ? Self(clamping: UInt64(value)) : .max
    } else {
      self = value >= -0x1p63 ? Self(clamping: Int64(value)) : value.isNaN ? 0 : .min
    }
  }
}

extension Double {
  /// Creates `value` with a sticky bit: if any bit below the 53 highest is set, a single bit
  /// replaces them.
  @inlinable
  package init(sticky value: some FixedWidthInteger) {
    let magnitude = UInt64(truncatingIfNeeded: value.magnitude)
    let low: UInt64 = 0x7FF
    let exact = magnitude >> 53 == 0 || magnitude & low == 0 ? magnitude : magnitude & ~low | (low + 1)
    self = value < 0 ? -Double(exact) : Double(exact)
  }
}
