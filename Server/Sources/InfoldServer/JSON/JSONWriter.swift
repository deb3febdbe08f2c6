import InfoldServing
import NIOCore

/// Writes JSON into a buffer, without a tree.
struct JSONWriter {
  var buffer: ByteBuffer
  /// Whether a comma belongs before what comes next.
  private var needsComma = false

  init(_ buffer: ByteBuffer = ByteBufferAllocator().buffer(capacity: 512)) {
    self.buffer = buffer
  }

  private mutating func comma() {
    if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
    needsComma = true
  }

  /// An object, whose members `body` writes.
  mutating func object<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
    comma()
    buffer.writeInteger(UInt8(ascii: "{"))
    needsComma = false
    try body(&self)
    buffer.writeInteger(UInt8(ascii: "}"))
    needsComma = true
  }

  /// An array, whose elements `body` writes.
  mutating func array<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
    comma()
    buffer.writeInteger(UInt8(ascii: "["))
    needsComma = false
    try body(&self)
    buffer.writeInteger(UInt8(ascii: "]"))
    needsComma = true
  }

  /// An array of elements, each of which `write` writes.
  mutating func array<Elements: Sequence>(of elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void)
  {
    array { writer in for element in elements { write(&writer, element) } }
  }

  /// The name of a member, whose value comes next.
  mutating func name(_ name: String) {
    string(name)
    buffer.writeInteger(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A member that is a text; nothing where there is none.
  mutating func member(_ name: String, _ text: String?) {
    guard let text else { return }
    self.name(name)
    string(text)
  }

  /// A member that is an array of texts.
  mutating func member(_ name: String, _ texts: [String]) {
    self.name(name)
    array(of: texts) { $0.string($1) }
  }

  /// A member that is an array of whole numbers.
  mutating func member(_ name: String, _ numbers: [Int]) {
    self.name(name)
    array(of: numbers) { $0.raw($1.description) }
  }

  /// A member that is true or false.
  mutating func member(_ name: String, _ flag: Bool) {
    self.name(name)
    raw(flag ? "true" : "false")
  }

  /// A member that is a whole number.
  mutating func member(_ name: String, _ number: Int) {
    self.name(name)
    raw(number.description)
  }

  /// Text that is JSON already: a number, for instance.
  mutating func raw(_ text: String) {
    comma()
    buffer.writeString(text)
  }

  /// A text.
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

  /// The members of parameters, by name.
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
