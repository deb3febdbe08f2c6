import GRPCCore

/// A serialized message, split into the values of one field, which may be large, and the rest.
///
/// The values stay in place, so that tensors are copied only once from the received bytes. A
/// generic protobuf decoder would copy them first.
struct RawFields: Sendable {
  /// The ranges of the field's values, in order.
  private(set) var values: [Range<Int>] = []
  /// All other fields, as a message of their own.
  private(set) var rest: [UInt8] = []

  /// More fields than any real request has. Each may become a structure much larger than itself.
  private static let largestFieldCount = 65_536

  /// Splits a message.
  /// - Parameters:
  ///   - message: The untrusted bytes.
  ///   - number: The number of a field of bytes.
  /// - Throws: `RPCError` with `.invalidArgument` for a malformed message.
  init(of message: UnsafeRawBufferPointer, field number: UInt64) throws(RPCError) {
    var reader = WireReader(message)
    var others: [Range<Int>] = []
    var fieldCount = 0
    while !reader.isAtEnd {
      fieldCount += 1
      guard fieldCount <= Self.largestFieldCount else { throw .malformed("has too many fields") }
      let begin = reader.position
      let key = try reader.varint()
      let value = try reader.skipValue(ofType: key & 7)
      if key >> 3 == number {
        guard key & 7 == 2 else { throw .malformed("has a field of the wrong type") }
        values.append(value)
      } else if let last = others.last, last.upperBound == begin {
        others[others.count - 1] = last.lowerBound..<reader.position
      } else {
        others.append(begin..<reader.position)
      }
    }
    rest.reserveCapacity(others.reduce(0) { $0 + $1.count })
    for part in others { rest.append(contentsOf: message[part]) }
  }
}

/// Reads the fields of a serialized message.
struct WireReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  /// Reads a varint.
  mutating func varint() throws(RPCError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < bytes.count else { throw .malformed("ends in a number") }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw .malformed("has a number of more than 64 bits")
  }

  /// Skips a value.
  /// - Parameter type: The wire type.
  /// - Returns: The range of its content, without the length.
  mutating func skipValue(ofType type: UInt64) throws(RPCError) -> Range<Int> {
    var begin = position
    switch type {
    case 0:
      _ = try varint()
    case 1: position += 8
    case 2:
      let length = try varint()
      begin = position
      guard length <= UInt64(bytes.count - position) else { throw .malformed("ends in a field") }
      position += Int(length)
    case 5: position += 4
    default: throw .malformed("has a field of an unknown kind")
    }
    guard position <= bytes.count else { throw .malformed("ends in a field") }
    return begin..<position
  }
}

extension RPCError {
  static func malformed(_ reason: String) -> RPCError {
    RPCError(code: .invalidArgument, message: "the message is malformed: it " + reason)
  }
}
