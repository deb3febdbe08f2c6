/// Reads the primitives of the protocol buffer encoding, never beyond `end`.
///
/// Source: Protocol Buffers Documentation, "Encoding".
struct WireReader {
  enum Failure: Error {
    case truncated
    case longVarint
  }

  /// The wire type of a field, with the numbers of the encoding.
  enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case groupStart = 3
    case groupEnd = 4
    case fixed32 = 5
  }

  /// The maximum number of bytes of a varint.
  static let longestVarint = 10

  let bytes: UnsafeRawBufferPointer
  var position = 0
  /// The end of the message or packed field being read.
  var end: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    end = bytes.count
  }

  var isAtEnd: Bool { position == end }

  /// Reads a varint: a base-128 number of at most ten bytes and 64 bits.
  mutating func varint() throws(Failure) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = bytes[position]
      position += 1
      if shift == 63, byte > 1 { throw .longVarint }
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
      shift += 7
    }
    throw .truncated
  }

  /// Skips `count` bytes.
  mutating func skip(_ count: UInt64) throws(Failure) {
    guard count <= UInt64(end - position) else { throw .truncated }
    position += Int(count)
  }
}
