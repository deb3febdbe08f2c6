/// Reads the strings of JSON texts (RFC 8259, section 7), which are UTF-8. What stands between them is read by whoever has a use for it.
public enum JSONString {
  /// Reads a string.
  /// - Parameters:
  ///   - bytes: The text.
  ///   - position: Where the quotation mark stands that it begins with; afterwards, what stands behind the other one.
  /// - Throws: `Malformed`, with `position` where it was found.
  public static func read(_ bytes: UnsafeRawBufferPointer, at position: inout Int) throws(Malformed) -> String {
    var reader = Reader(bytes: bytes, position: position)
    defer { position = reader.position }
    return try reader.string()
  }

  /// Why there is no string.
  public struct Malformed: Error, Sendable {
    /// What should stand there instead.
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
    // Most have no escapes, and are where they stand.
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
    guard let text = String(validating: bytes, as: UTF8.self) else { throw JSONString.Malformed(expected: "UTF-8") }
    return text
  }

  /// The character that an escape sequence stands for, behind its backslash.
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

  /// The character behind `\u`: four hexadecimal digits, or a pair of surrogates.
  private mutating func codePoint() throws(JSONString.Malformed) -> Unicode.Scalar {
    let unit = try codeUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard UTF16.isLeadSurrogate(unit) else { throw JSONString.Malformed(expected: "a character") }
    try require("\\", "a pair of surrogates")
    try require("u", "a pair of surrogates")
    let trail = try codeUnit()
    guard UTF16.isTrailSurrogate(trail) else { throw JSONString.Malformed(expected: "a pair of surrogates") }
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
