/// A reader of strings in JSON texts (RFC 8259, section 7), which are UTF-8. The caller parses
/// everything around the strings.
public enum JSONString {
  /// Reads a string.
  /// - Parameters:
  ///   - bytes: The text.
  ///   - position: The position of the opening quotation mark. On return, the position after the
  ///     closing one.
  /// - Throws: `Malformed`, with `position` set to where the text is malformed.
  public static func read(_ bytes: UnsafeRawBufferPointer, at position: inout Int) throws(Malformed) -> String {
    var reader = Reader(bytes: bytes, position: position)
    defer { position = reader.position }
    return try reader.string()
  }

  /// The reason why a string cannot be read.
  public struct Malformed: Error, Sendable {
    /// What was expected instead.
    public let expected: StaticString
  }
}

private struct Reader {
  let bytes: UnsafeRawBufferPointer
  var position: Int

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func require(_ character: Unicode.Scalar, _ expected: StaticString) throws(JSONString.Malformed) {
    guard next == UInt8(ascii: character) else { throw JSONString.Malformed(expected: expected) }
    position += 1
  }

  mutating func string() throws(JSONString.Malformed) -> String {
    try require("\"", "a string")
    let begin = position
    // Most strings have no escapes and are read directly from the text.
    while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\\") {
      if byte == UInt8(ascii: "\"") {
        defer { position += 1 }
        return try text(UnsafeRawBufferPointer(rebasing: bytes[begin..<position]))
      }
      position += 1
    }
    var characters = Array(bytes[begin..<position])
    while let byte = next, byte >= 0x20 {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try text(characters)
      case UInt8(ascii: "\\"): characters += String(try escaped()).utf8
      default: characters.append(byte)
      }
    }
    throw JSONString.Malformed(expected: "the end of a string")
  }

  private func text(_ bytes: some Sequence<UInt8>) throws(JSONString.Malformed) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw JSONString.Malformed(expected: "valid UTF-8")
    }
    return text
  }

  /// Reads the rest of an escape sequence, after its backslash.
  private mutating func escaped() throws(JSONString.Malformed) -> Unicode.Scalar {
    guard let byte = next else { throw JSONString.Malformed(expected: "an escape sequence") }
    position += 1
    switch Unicode.Scalar(byte) {
    case "\"", "\\", "/": return Unicode.Scalar(byte)
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": return try codePoint()
    default: throw JSONString.Malformed(expected: "an escape sequence")
    }
  }

  /// Reads the character after `\u`: four hexadecimal digits, or a surrogate pair.
  private mutating func codePoint() throws(JSONString.Malformed) -> Unicode.Scalar {
    let unit = try codeUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard UTF16.isLeadSurrogate(unit) else { throw JSONString.Malformed(expected: "a Unicode scalar value") }
    try require("\\", "a surrogate pair")
    try require("u", "a surrogate pair")
    let trail = try codeUnit()
    guard UTF16.isTrailSurrogate(trail) else { throw JSONString.Malformed(expected: "a surrogate pair") }
    return Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00))!
  }

  private mutating func codeUnit() throws(JSONString.Malformed) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw JSONString.Malformed(expected: "a hexadecimal digit")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
