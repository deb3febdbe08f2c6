/// A field of a message, for generating bytes that a well-behaved writer would not produce.
public enum Wire: Sendable {
  case varint(Int, UInt64)
  case fixed32(Int, UInt32)
  case bytes(Int, [UInt8])
  /// A field number with any wire type, followed by any bytes.
  case raw(Int, type: UInt8, [UInt8])

  public static func int(_ field: Int, _ value: Int) -> Wire { .varint(field, UInt64(bitPattern: Int64(value))) }
  public static func float(_ field: Int, _ value: Float) -> Wire { .fixed32(field, value.bitPattern) }
  public static func text(_ field: Int, _ text: String) -> Wire { .bytes(field, Array(text.utf8)) }
  public static func message(_ field: Int, _ fields: [Wire]) -> Wire { .bytes(field, fields.bytes) }
  public static func packed(_ field: Int, _ values: [Int]) -> Wire {
    .bytes(field, values.flatMap { Wire.encoded(UInt64(bitPattern: Int64($0))) })
  }

  /// The same content in a different field.
  public func inField(_ field: Int) -> Wire {
    switch self {
    case .varint(_, let value): .varint(field, value)
    case .fixed32(_, let value): .fixed32(field, value)
    case .bytes(_, let bytes): .bytes(field, bytes)
    case .raw(_, let type, let bytes): .raw(field, type: type, bytes)
    }
  }

  public static func encoded(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    repeat {
      bytes.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }

  public static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }

  public var bytes: [UInt8] {
    switch self {
    case .varint(let field, let value): Wire.encoded(UInt64(field) << 3) + Wire.encoded(value)
    case .fixed32(let field, let value): Wire.encoded(UInt64(field) << 3 | 5) + Wire.littleEndian(value)
    case .bytes(let field, let bytes):
      Wire.encoded(UInt64(field) << 3 | 2) + Wire.encoded(UInt64(bytes.count)) + bytes
    case .raw(let field, let type, let bytes): Wire.encoded(UInt64(field) << 3 | UInt64(type)) + bytes
    }
  }
}

extension [Wire] {
  public var bytes: [UInt8] { flatMap(\.bytes) }
}
