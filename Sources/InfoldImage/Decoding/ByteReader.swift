/// Reads integers from untrusted bytes with bounds checks. Offsets are relative to the first byte
/// of the slice.
struct ByteReader {
  enum ByteOrder { case bigEndian, littleEndian }

  let bytes: ArraySlice<UInt8>

  var count: Int { bytes.count }

  /// The unsigned integer at `offset`, or `nil` if it exceeds the bytes.
  func integer<Value: FixedWidthInteger & UnsignedInteger>(
    at offset: Int, _ order: ByteOrder = .bigEndian, as _: Value.Type = Value.self
  ) -> Value? {
    guard let field = slice(at: offset, count: Value.bitWidth / 8) else { return nil }
    let value = field.reduce(into: Value(0)) { $0 = ($0 << 8) | Value($1) }
    return order == .bigEndian ? value : value.byteSwapped
  }

  /// The `count` bytes at `offset`, or `nil` if they exceed the bytes.
  func slice(at offset: Int, count: Int) -> ArraySlice<UInt8>? {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
    let start = bytes.startIndex + offset
    return bytes[start..<start + count]
  }
}
