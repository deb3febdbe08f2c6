/// A field of a serialized message. If the schema declares it as a message, its fields are parsed
/// too.
struct WireField {
  enum Content {
    case varint(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes([UInt8])
    case message([WireField])
  }

  var number: Int
  var content: Content
}

extension [WireField] {
  /// Parses the fields of `bytes`, or returns `nil` if they are not a message.
  init?(_ bytes: ArraySlice<UInt8>, _ type: MessageType, depth: Int = 0) {
    self = []
    var rest = bytes
    while !rest.isEmpty {
      guard let key = rest.popVarint(), key >> 3 <= 1 << 29, depth < 32 else { return nil }
      let number = Int(key >> 3)
      switch key & 7 {
      case 0:
        guard let value = rest.popVarint() else { return nil }
        append(WireField(number: number, content: .varint(value)))
      case 1:
        guard let value = rest.popInteger(of: UInt64.self) else { return nil }
        append(WireField(number: number, content: .fixed64(value)))
      case 5:
        guard let value = rest.popInteger(of: UInt32.self) else { return nil }
        append(WireField(number: number, content: .fixed32(value)))
      case 2:
        guard let count = rest.popVarint(), count <= rest.count else { return nil }
        let content = rest.prefix(Int(count))
        rest = rest.dropFirst(Int(count))
        if let nested = type.message(number), let fields = [WireField](content, nested, depth: depth + 1) {
          append(WireField(number: number, content: .message(fields)))
        } else {
          append(WireField(number: number, content: .bytes(Array<UInt8>(content))))
        }
      default: return nil
      }
    }
  }

  /// The serialized message.
  var serialized: [UInt8] {
    var bytes: [UInt8] = []
    for field in self { field.write(to: &bytes) }
    return bytes
  }
}

extension WireField {
  fileprivate func write(to bytes: inout [UInt8]) {
    func key(_ wireType: UInt64) { bytes.appendVarint(UInt64(number) << 3 | wireType) }
    func append(_ content: [UInt8]) {
      key(2)
      bytes.appendVarint(UInt64(content.count))
      bytes += content
    }
    switch content {
    case .varint(let value):
      key(0)
      bytes.appendVarint(value)
    case .fixed64(let value):
      key(1)
      bytes.appendInteger(value)
    case .fixed32(let value):
      key(5)
      bytes.appendInteger(value)
    case .bytes(let content): append(content)
    case .message(let fields): append(fields.serialized)
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate mutating func popVarint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  fileprivate mutating func popInteger<Integer: FixedWidthInteger>(of _: Integer.Type) -> Integer? {
    let size = MemoryLayout<Integer>.size
    guard count >= size else { return nil }
    defer { self = dropFirst(size) }
    return prefix(size).reversed().reduce(0) { $0 << 8 | Integer($1) }
  }
}

extension [UInt8] {
  fileprivate mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  fileprivate mutating func appendInteger(_ value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}
