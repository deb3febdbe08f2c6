import InfoldServing
import NIOCore

/// Writes JSON to a buffer without building a tree.
struct JSONWriter {
  var buffer: ByteBuffer
  /// Whether a comma must precede the next value.
  private var needsComma = false

  init(_ buffer: ByteBuffer = ByteBufferAllocator().buffer(capacity: 512)) {
    self.buffer = buffer
  }

  private mutating func comma() {
    if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
    needsComma = true
  }

  /// Writes an object. `body` writes its members.
  mutating func object<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
    comma()
    buffer.writeInteger(UInt8(ascii: "{"))
    needsComma = false
    try body(&self)
    buffer.writeInteger(UInt8(ascii: "}"))
    needsComma = true
  }

  /// Writes an array. `body` writes its elements.
  mutating func array<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
    comma()
    buffer.writeInteger(UInt8(ascii: "["))
    needsComma = false
    try body(&self)
    buffer.writeInteger(UInt8(ascii: "]"))
    needsComma = true
  }

  /// Writes an array. `write` writes each element.
  mutating func array<Elements: Sequence>(of elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void)
  {
    array { writer in for element in elements { write(&writer, element) } }
  }

  /// Writes the name of a member. Its value must follow.
  mutating func name(_ name: String) {
    string(name)
    buffer.writeInteger(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a member that is a string, or nothing for `nil`.
  mutating func member(_ name: String, _ text: String?) {
    guard let text else { return }
    self.name(name)
    string(text)
  }

  /// Writes a member that is an array of strings.
  mutating func member(_ name: String, _ texts: [String]) {
    self.name(name)
    array(of: texts) { $0.string($1) }
  }

  /// Writes a member that is an array of integers.
  mutating func member(_ name: String, _ numbers: [Int]) {
    self.name(name)
    array(of: numbers) { $0.raw($1.description) }
  }

  /// Writes a member that is a Boolean.
  mutating func member(_ name: String, _ flag: Bool) {
    self.name(name)
    raw(flag ? "true" : "false")
  }

  /// Writes a member that is an integer.
  mutating func member(_ name: String, _ number: Int) {
    self.name(name)
    raw(number.description)
  }

  /// Writes text that is JSON already, such as a number.
  mutating func raw(_ text: String) {
    comma()
    buffer.writeString(text)
  }

  /// Writes a string.
  mutating func string(_ text: String) {
    comma()
    buffer.writeInteger(UInt8(ascii: "\""))
    let needsEscapes = text.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
    if needsEscapes {
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""): buffer.writeString("\\\"")
        case UInt8(ascii: "\\"): buffer.writeString("\\\\")
        case 0..<0x20: buffer.writeString("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
        default: buffer.writeInteger(byte)
        }
      }
    } else {
      buffer.writeString(text)
    }
    buffer.writeInteger(UInt8(ascii: "\""))
  }

  /// Writes a member with parameters, sorted by name, unless there are none.
  mutating func member(_ name: String, _ parameters: Parameters) {
    guard !parameters.isEmpty else { return }
    self.name(name)
    object { writer in
      for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
        writer.name(name)
        switch value {
        case .bool(let flag): writer.raw(flag ? "true" : "false")
        case .integer(let number): writer.raw(number.description)
        case .number(let number): writer.raw(number.description)
        case .string(let text): writer.string(text)
        }
      }
    }
  }
}
