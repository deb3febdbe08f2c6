import GRPCCore

/// A serialized message, divided into the values of one of its fields, which may be large, and everything else.
///
/// The values stay where they are, so that tensors are copied out of what the network gave, once. A decoder that knows nothing of tensors would
/// copy them before.
struct RawFields: Sendable {
  /// Where the field's values are, in order.
  private(set) var values: [Range<Int>] = []
  /// Everything else, as a message of its own.
  private(set) var rest: [UInt8] = []

  /// More fields than any request has: each of them may become a structure that is much larger than itself.
  private static let largestFieldCount = 65_536

  /// Divides a message.
  /// - Parameters:
  ///   - message: The bytes. Nothing in them is trusted.
  ///   - number: The number of a field of bytes.
  /// - Throws: `RPCError` with `.invalidArgument` for what is no message.
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

/// Goes through the fields of a serialized message.
struct WireReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  /// A number of variable length.
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

  /// Passes over a value.
  /// - Parameter type: The wire type.
  /// - Returns: Where its content is, without its length.
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
