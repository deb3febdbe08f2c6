/// The type of a tensor's elements. Raw values are those of ONNX's `TensorProto.DataType`.
public enum ElementType: Int32, Sendable, Hashable, CaseIterable {
  /// IEEE 754 single precision: `Float`.
  case float32 = 1
  /// `UInt8`.
  case uint8 = 2
  /// `Int8`.
  case int8 = 3
  /// `UInt16`.
  case uint16 = 4
  /// `Int16`.
  case int16 = 5
  /// `Int32`.
  case int32 = 6
  /// `Int64`.
  case int64 = 7
  /// Text. Infold stores it but has no arithmetic for it.
  case string = 8
  /// `Bool`, one byte each.
  case bool = 9
  /// IEEE 754 half precision: `Float16`.
  case float16 = 10
  /// IEEE 754 double precision: `Double`.
  case float64 = 11
  /// `UInt32`.
  case uint32 = 12
  /// `UInt64`.
  case uint64 = 13
  /// Pairs of single-precision numbers.
  case complex64 = 14
  /// Pairs of double-precision numbers.
  case complex128 = 15
  /// The upper half of single precision: `BFloat16`.
  case bfloat16 = 16
  /// 8 bits: 4 of exponent, 3 of mantissa, without infinities.
  case float8E4M3FN = 17
  /// 8 bits: 4 of exponent, 3 of mantissa, without infinities and negative zero.
  case float8E4M3FNUZ = 18
  /// 8 bits: 5 of exponent, 2 of mantissa.
  case float8E5M2 = 19
  /// 8 bits: 5 of exponent, 2 of mantissa, without infinities and negative zero.
  case float8E5M2FNUZ = 20
  /// 4-bit unsigned integers, two to a byte.
  case uint4 = 21
  /// 4-bit signed integers, two to a byte.
  case int4 = 22
  /// 4 bits: 2 of exponent, 1 of mantissa, two to a byte.
  case float4E2M1 = 23
  /// 8 bits of exponent: powers of two.
  case float8E8M0 = 24
  /// 2-bit unsigned integers, four to a byte.
  case uint2 = 25
  /// 2-bit signed integers, four to a byte.
  case int2 = 26
  /// 6 bits: 2 of exponent, 3 of mantissa.
  case float6E2M3 = 27
  /// 6 bits: 3 of exponent, 2 of mantissa.
  case float6E3M2 = 28
}

extension ElementType {
  /// The bits of one element, or `nil` for strings, which have no fixed width.
  public var bitWidth: Int? {
    switch self {
    case .string: nil
    case .uint2, .int2: 2
    case .uint4, .int4, .float4E2M1: 4
    case .float6E2M3, .float6E3M2: 6
    case .uint8, .int8, .bool, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0: 8
    case .uint16, .int16, .float16, .bfloat16: 16
    case .float32, .int32, .uint32: 32
    case .float64, .int64, .uint64, .complex64: 64
    case .complex128: 128
    }
  }

  /// Returns the bytes that `count` elements take. Elements narrower than a byte are packed.
  /// Returns `nil` for strings, for a negative count, and if the result overflows `Int`.
  public func byteCount(of count: Int) -> Int? {
    guard let bitWidth, count >= 0 else { return nil }
    let (wholeGroups, rest) = count.quotientAndRemainder(dividingBy: 8)
    let (bytes, overflow) = wholeGroups.multipliedReportingOverflow(by: bitWidth)
    let (sum, sumOverflow) = bytes.addingReportingOverflow((rest * bitWidth + 7) / 8)
    return overflow || sumOverflow ? nil : sum
  }

  /// Whether this is float16, bfloat16, float32 or float64, the types of floating-point operators.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// The Swift type of one element, or `nil` if there is none (strings, complex, float8 and
  /// sub-byte types).
  public var swiftType: (any TensorElement.Type)? {
    switch self {
    case .float32: Float.self
    case .float64: Double.self
    case .float16: Float16.self
    case .bfloat16: BFloat16.self
    case .int8: Int8.self
    case .int16: Int16.self
    case .int32: Int32.self
    case .int64: Int64.self
    case .uint8: UInt8.self
    case .uint16: UInt16.self
    case .uint32: UInt32.self
    case .uint64: UInt64.self
    case .bool: Bool.self
    default: nil
    }
  }
}
