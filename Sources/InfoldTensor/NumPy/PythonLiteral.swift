import InfoldSystem

/// A value in the subset of Python's literals that occurs in the header of a `.npy` file.
enum PythonLiteral: Hashable {
  case bool(Bool)
  case integer(Int)
  case string(String)
  case tuple([Int])
}

/// A parser of `{'name': literal, …}`. Only tuples of integers are nested, so the parser needs no
/// recursion.
struct PythonDictionaryParser {
  private var rest: Substring.UnicodeScalarView

  /// Parses all of `text`.
  /// - Throws: `InfoldError` with `.malformedData` if the text is not exactly one such dictionary,
  ///   or a key occurs twice.
  static func parse(_ text: String) throws(InfoldError) -> [String: PythonLiteral] {
    var parser = PythonDictionaryParser(rest: Substring(text).unicodeScalars)
    let entries = try parser.dictionary()
    parser.skipSpace()
    guard parser.rest.isEmpty else { throw parser.unexpected("the end of the header") }
    return entries
  }

  private mutating func dictionary() throws(InfoldError) -> [String: PythonLiteral] {
    try require("{")
    var entries: [String: PythonLiteral] = [:]
    while !take("}") {
      let key = try string()
      try require(":")
      guard entries.updateValue(try literal(), forKey: key) == nil else {
        throw InfoldError(.malformedData, "has the duplicate key \(String(quoting: key)) in its header")
      }
      if !take(",") {
        try require("}")
        break
      }
    }
    return entries
  }

  private mutating func literal() throws(InfoldError) -> PythonLiteral {
    skipSpace()
    switch rest.first {
    case "'", "\"": return .string(try string())
    case "(": return .tuple(try tuple())
    case "T", "F": return .bool(try bool())
    case let first? where isDigit(first): return .integer(try integer())
    default: throw unexpected("a string, a tuple, True, False or a number")
    }
  }

  /// Parses `()`, `(1,)`, `(1, 2)` or `(1, 2,)`.
  private mutating func tuple() throws(InfoldError) -> [Int] {
    try require("(")
    var numbers: [Int] = []
    var endsWithComma = true
    while !take(")") {
      guard endsWithComma else { throw unexpected("a comma or a closing parenthesis") }
      numbers.append(try integer())
      endsWithComma = take(",")
    }
    guard numbers.count != 1 || endsWithComma else { throw unexpected("a comma after the only number of a tuple") }
    return numbers
  }

  private mutating func bool() throws(InfoldError) -> Bool {
    for (word, value) in [("True", true), ("False", false)] where rest.starts(with: word.unicodeScalars) {
      rest.removeFirst(word.unicodeScalars.count)
      return value
    }
    throw unexpected("True or False")
  }

  /// Parses decimal digits, optionally followed by the `L` that Python 2 wrote.
  private mutating func integer() throws(InfoldError) -> Int {
    skipSpace()
    let digits = rest.prefix(while: isDigit)
    guard let first = digits.first else { throw unexpected("a number") }
    rest.removeFirst(digits.count)
    guard first != "0" || digits.count == 1, let number = Int(String(digits)) else {
      throw InfoldError(
        .malformedData, "has the number \(String(printable: String(digits))) in its header, which is not a valid size")
    }
    if rest.first == "L" { rest.removeFirst() }
    return number
  }

  private mutating func string() throws(InfoldError) -> String {
    skipSpace()
    guard let quote = rest.first, quote == "'" || quote == "\"" else { throw unexpected("a string") }
    rest.removeFirst()
    let content = rest.prefix { $0 != quote && $0 != "\\" && $0 != "\n" }
    rest.removeFirst(content.count)
    guard rest.first == quote else { throw unexpected("the end of a string") }
    rest.removeFirst()
    return String(content)
  }

  private mutating func require(_ scalar: Unicode.Scalar) throws(InfoldError) {
    if !take(scalar) { throw unexpected(String(quoting: String(scalar))) }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard rest.first == scalar else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func skipSpace() {
    rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
  }

  private func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar)
  }

  private func unexpected(_ wanted: String) -> InfoldError {
    let found = rest.isEmpty ? "its end" : String(quoting: String(rest.prefix(20)))
    return InfoldError(.malformedData, "has a malformed header: expected \(wanted), found \(found)")
  }
}
