import InfoldJSON
import InfoldServing

/// Reads a JSON text in one pass, on demand.
///
/// It builds no tree: the numbers of a tensor are read directly into their elements. Skipped values
/// are validated like others. Only RFC 8259 is accepted; arrays and objects may be nested 64 deep.
struct JSONReader {
  private static let maximumDepth = 64

  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0
  private var depth = 0

  /// - Parameter bytes: The text, which must stay valid and must be UTF-8.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// An error at the current position.
  func malformed(_ expected: StaticString) -> ServingError {
    ServingError(
      .invalidArgument, "failed to parse the request JSON buffer: \(expected) is expected at byte \(position)")
  }

  /// The next byte that is not white space.
  mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      case let byte: return byte
      }
    }
    return nil
  }

  /// Consumes a character if it is next.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// - Throws: `ServingError` if anything but white space is left.
  mutating func end() throws(ServingError) {
    guard peek() == nil else { throw malformed("the end of the text") }
  }

  /// Reads an object. `body` must read or skip the value of each member.
  /// - Throws: `ServingError`, also for a duplicate member.
  mutating func object(_ body: (inout JSONReader, String) throws(ServingError) -> Void) throws(ServingError) {
    guard skip("{") else { throw malformed("an object") }
    try enter()
    defer { depth -= 1 }
    if skip("}") { return }
    var names = MemberNames()
    repeat {
      let name = try string()
      guard names.insert(name) else {
        throw ServingError(.invalidArgument, "the request JSON has the duplicate member '\(name.printable)'")
      }
      guard skip(":") else { throw malformed("':'") }
      try body(&self, name)
    } while skip(",")
    guard skip("}") else { throw malformed("',' or '}'") }
  }

  /// The member names of an object. Most objects have few.
  private struct MemberNames {
    private var few: [String] = []
    private var many: Set<String> = []

    /// - Returns: Whether the name is new.
    mutating func insert(_ name: String) -> Bool {
      guard few.count == 8 else {
        if few.contains(name) { return false }
        few.append(name)
        return true
      }
      if many.isEmpty { many = Set(few) }
      return many.insert(name).inserted
    }
  }

  /// Reads an array. `body` must read or skip each element.
  mutating func array(_ body: (inout JSONReader) throws(ServingError) -> Void) throws(ServingError) {
    guard skip("[") else { throw malformed("an array") }
    try enter()
    defer { depth -= 1 }
    if skip("]") { return }
    repeat { try body(&self) } while skip(",")
    guard skip("]") else { throw malformed("',' or ']'") }
  }

  private mutating func enter() throws(ServingError) {
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw ServingError(.invalidArgument, "the request JSON is nested more than \(Self.maximumDepth) deep")
    }
  }

  /// Skips a value.
  /// - Returns: The range of its bytes.
  @discardableResult
  mutating func skipValue() throws(ServingError) -> Range<Int> {
    guard let first = peek() else { throw malformed("a value") }
    let begin = position
    switch first {
    case UInt8(ascii: "{"): try object { (reader, _) throws(ServingError) in _ = try reader.skipValue() }
    case UInt8(ascii: "["): try array { (reader) throws(ServingError) in _ = try reader.skipValue() }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
    case UInt8(ascii: "n"): try null()
    default: _ = try number()
    }
    return begin..<position
  }

  /// A reader for a value that was skipped.
  func reader(of range: Range<Int>) -> JSONReader {
    JSONReader(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }

  mutating func null() throws(ServingError) {
    guard word("null") else { throw malformed("null") }
  }

  mutating func bool() throws(ServingError) -> Bool {
    _ = peek()
    if word("true") { return true }
    guard word("false") else { throw malformed("true or false") }
    return false
  }

  private mutating func word(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard bytes.count - position >= length else { return false }
    for index in 0..<length where bytes[position + index] != word.utf8Start[index] { return false }
    position += length
    return true
  }
}

extension JSONReader {
  /// A number as written in the text.
  struct Number {
    /// The digits without sign and decimal point, as many as fit. If there are more, `isExact` is
    /// false.
    var digits: UInt64 = 0
    /// The power of ten by which `digits` is multiplied.
    var exponent = 0
    var isNegative = false
    /// Whether `digits` contains all digits.
    var isExact = true
    /// Whether the number has neither decimal point nor exponent.
    var isInteger = true
    /// The range of its bytes.
    var range = 0..<0
  }

  /// Reads a number as the JSON grammar defines it.
  mutating func number() throws(ServingError) -> Number {
    _ = peek()
    var number = Number()
    let begin = position
    if next == UInt8(ascii: "-") {
      number.isNegative = true
      position += 1
    }
    if next == UInt8(ascii: "0") {
      position += 1
    } else {
      try digits(&number, isFraction: false)
    }
    if next == UInt8(ascii: ".") {
      number.isInteger = false
      position += 1
      try digits(&number, isFraction: true)
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      number.isInteger = false
      position += 1
      var isNegative = false
      if let sign = next, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        isNegative = sign == UInt8(ascii: "-")
        position += 1
      }
      var exponent = 0
      let start = position
      while let byte = next, byte &- 48 < 10 {
        exponent = min(exponent * 10 + Int(byte &- 48), 100_000)
        position += 1
      }
      guard position > start else { throw malformed("a digit") }
      number.exponent += isNegative ? -exponent : exponent
    }
    number.range = begin..<position
    return number
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Reads at least one digit.
  private mutating func digits(_ number: inout Number, isFraction: Bool) throws(ServingError) {
    let start = position
    while position < bytes.count {
      let digit = bytes[position] &- 48
      guard digit < 10 else { break }
      position += 1
      if number.digits < 1_844_674_407_370_955_161 {
        number.digits = number.digits * 10 + UInt64(digit)
        if isFraction { number.exponent -= 1 }
      } else {
        number.isExact = false
        if !isFraction { number.exponent += 1 }
      }
    }
    guard position > start else { throw malformed("a number") }
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// The nearest double, equal to that of the standard library.
  func double(_ number: Number) -> Double {
    // With at most 53 bits and an exact power of ten, a single rounding gives the nearest double
    // (Clinger, 1990).
    if number.isExact, number.digits <= 1 << 53, abs(number.exponent) <= 22 {
      let digits = Double(number.digits), power = Self.powers[abs(number.exponent)]
      let value = number.exponent < 0 ? digits / power : digits * power
      return number.isNegative ? -value : value
    }
    return Double(text(number))!
  }

  /// The nearest float.
  func float(_ number: Number) -> Float {
    // Digits and power are exact in single precision.
    if number.isExact, number.digits <= 1 << 24, abs(number.exponent) <= 10 {
      let digits = Float(number.digits), power = Float(Self.powers[abs(number.exponent)])
      let value = number.exponent < 0 ? digits / power : digits * power
      return number.isNegative ? -value : value
    }
    // Rounding twice gives a wrong result only if the double lies exactly between two floats. Then
    // the text decides.
    let value = double(number)
    if value.bitPattern & 0x1FFF_FFFF != 0x1000_0000, value.magnitude >= 0x1p-126 || value == 0 { return Float(value) }
    return Float(text(number))!
  }

  private func text(_ number: Number) -> String {
    String(decoding: UnsafeRawBufferPointer(rebasing: bytes[number.range]), as: UTF8.self)
  }

  /// An integer without decimal point and exponent.
  /// - Throws: `ServingError` for other numbers, and if the type cannot represent the integer.
  func integer<Integer: FixedWidthInteger>(
    _ number: Number, as _: Integer.Type = Integer.self
  ) throws(ServingError) -> Integer {
    guard number.isInteger else {
      throw ServingError(.invalidArgument, "'\(text(number).printable)' is not a whole number")
    }
    let value: Integer? =
      if !number.isExact || number.exponent != 0 {
        Integer(text(number))
      } else if !number.isNegative {
        Integer(exactly: number.digits)
      } else if number.digits <= UInt64(Int64.max) {
        Integer(exactly: -Int64(number.digits))
      } else {
        Integer(text(number))
      }
    guard let value else {
      throw ServingError(.invalidArgument, "'\(text(number).printable)' is out of range")
    }
    return value
  }
}

extension JSONReader {
  /// Reads a string.
  mutating func string() throws(ServingError) -> String {
    _ = peek()
    do throws(JSONString.Malformed) {
      return try JSONString.read(bytes, at: &position)
    } catch {
      throw malformed(error.expected)
    }
  }
}
