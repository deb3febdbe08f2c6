import InfoldJSON
import InfoldSystem

extension JSONValue {
  /// Parses untrusted JSON text: UTF-8, with or without a byte order mark.
  /// - Throws: `InfoldError` with `.malformedData` if the text is not JSON, if arrays and objects
  ///   are nested more than 32 deep, or if an object repeats a key.
  package init(parsing bytes: [UInt8]) throws(InfoldError) {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw InfoldError(.malformedData, "is not JSON", hint: "JSON is UTF-8")
    }
    var parser = JSONParser(bytes)
    self = try parser.document()
  }
}

/// A strict single-pass JSON parser for UTF-8 bytes. It accepts no extensions such as trailing
/// commas.
private struct JSONParser {
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
  private static let maximumDepth = 32

  private let bytes: [UInt8]
  private var position: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = bytes.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0
  }

  mutating func document() throws(InfoldError) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw noJSON }
    return value
  }

  /// An error that reports the current position.
  private var noJSON: InfoldError {
    let lines = bytes[..<position].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let column = String(decoding: lines.last ?? [], as: UTF8.self).count + 1
    return InfoldError(.malformedData, "is not JSON", hint: "see line \(lines.count), column \(column)")
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  /// Consumes `character` if it is next.
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func require(_ character: Unicode.Scalar) throws(InfoldError) {
    guard skip(character) else { throw noJSON }
  }

  private mutating func value(depth: Int) throws(InfoldError) -> JSONValue {
    guard depth <= Self.maximumDepth else { throw noJSON }
    skipSpace()
    switch next.map(Unicode.Scalar.init) {
    case "{": return try object(depth: depth)
    case "[": return try array(depth: depth)
    case "\"": return .string(try string())
    case "t": return try word("true", .bool(true))
    case "f": return try word("false", .bool(false))
    case "n": return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(InfoldError) -> JSONValue {
    let word = Array("\(text)".utf8)
    guard bytes[position...].starts(with: word) else { throw noJSON }
    position += word.count
    return value
  }

  private mutating func array(depth: Int) throws(InfoldError) -> JSONValue {
    try require("[")
    skipSpace()
    var elements: [JSONValue] = []
    if skip("]") { return .array(elements) }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while skip(",")
    try require("]")
    return .array(elements)
  }

  private mutating func object(depth: Int) throws(InfoldError) -> JSONValue {
    try require("{")
    skipSpace()
    var members: [String: JSONValue] = [:]
    if skip("}") { return .object(members) }
    repeat {
      skipSpace()
      let key = try string()
      skipSpace()
      try require(":")
      guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
        throw InfoldError(.malformedData, "has the duplicate key \(String(quoting: key))")
      }
      skipSpace()
    } while skip(",")
    try require("}")
    return .object(members)
  }

  private mutating func number() throws(InfoldError) -> Double {
    let start = position
    _ = skip("-")
    if !skip("0") { try digits() }
    if skip(".") { try digits() }
    if skip("e") || skip("E") {
      if !skip("+") { _ = skip("-") }
      try digits()
    }
    guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else { throw noJSON }
    return number
  }

  /// Consumes at least one digit.
  private mutating func digits() throws(InfoldError) {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw noJSON }
  }

  private mutating func string() throws(InfoldError) -> String {
    let result: Result<String, JSONString.Malformed> = bytes.withUnsafeBytes { bytes in
      Result { () throws(JSONString.Malformed) in try JSONString.read(bytes, at: &position) }
    }
    guard case .success(let text) = result else { throw noJSON }
    return text
  }
}
