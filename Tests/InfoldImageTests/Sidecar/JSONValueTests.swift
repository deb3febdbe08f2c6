import Foundation
import InfoldImage
import InfoldSystem
import InfoldTensor
import Testing

@Suite struct JSONValueTests {
  private static func parse(_ text: String) throws(InfoldError) -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
  }

  static let valid: [(text: String, value: JSONValue)] = [
    ("null", .null), (" true\n", .bool(true)), ("\tfalse\r", .bool(false)), ("-0.5e+2", .number(-50)),
    ("1E-2", .number(0.01)), ("0", .number(0)), ("123456789", .number(123_456_789)), ("1e999", .number(.infinity)),
    ("\"\"", .string("")), ("\"\\u00e9\\n\\t\\\"\\\\\\/\\b\\f\\r é\"", .string("é\n\t\"\\/\u{8}\u{C}\r é")),
    ("\"\\uD83D\\uDC08\"", .string("🐈")), ("\"\\u0000\"", .string("\0")), ("\u{FEFF}1", .number(1)),
    ("[]", .array([])), ("[ 1 , [ ] ]", .array([.number(1), .array([])])), ("{}", .object([:])),
    ("{ \"a\" : { \"b\" : null } , \"\" : 1 }", .object(["a": .object(["b": .null]), "": .number(1)])),
  ]

  @Test(arguments: valid.indices) func reads(index: Int) throws {
    #expect(try Self.parse(Self.valid[index].text) == Self.valid[index].value)
  }

  @Test(arguments: [
    "", " ", "nul", "nulls", "True", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "NaN", "Infinity", "1 2", "[1",
    "[1,]",
    "[,1]", "[1 2]", "{", "{\"a\"", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "'a'", "\"a", "\"a\nb\"",
    "\"\\x\"",
    "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\"", "\"\\uD83D\"", "\"\\uD83Dx\"", "\"\\uDC08\"", "\"\\uD83D\\u0041\"",
    "// a\n1", "\"\\",
  ])
  func refusesWhatIsNoJSON(text: String) {
    expectError(.malformedData, "is not JSON") { _ = try Self.parse(text) }
  }

  @Test(arguments: [
    ("", 1, 1), ("[1,]", 1, 4), ("{\"é\": 1,\n  \"b\": é}", 2, 8), ("[\n[\n\n", 4, 1), ("1 x", 1, 3),
    ("{\"a\": \"\n\"}", 1, 8),
  ])
  func saysWhere(text: String, line: Int, column: Int) {
    expectError(.malformedData, "see line \(line), column \(column)") { _ = try Self.parse(text) }
  }

  @Test func refusesBytesThatAreNoText() {
    expectError(.malformedData, "is not JSON") { _ = try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
  }

  @Test func refusesAKeyThatIsThereTwice() {
    expectError(.malformedData, "has the duplicate key \"a\\u{a}\"") {
      _ = try Self.parse(#"{"a\n": 1, "b": 2, "a\u000a": 1}"#)
    }
  }

  @Test func readsWhatIsNestedWithinReason() throws {
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      _ = try Self.parse(nested(32, open, close))
      expectError(.malformedData, "is not JSON") { _ = try Self.parse(nested(33, open, close)) }
      expectError(.malformedData, "is not JSON") { _ = try Self.parse(nested(1_000_000, open, close)) }
      expectError(.malformedData, "is not JSON") { _ = try Self.parse(String(repeating: open, count: 1_000_000)) }
    }
  }

  /// A sidecar, truncated at every length and with every byte changed, is refused or has the value that Foundation reads.
  @Test func agreesWithFoundation() throws {
    let text = Array(#"{"a":[1,-2.5e1,true,null],"é\u00e9":"b\n","c":{"d":false}}"#.utf8)
    var texts = (0...text.count).map { Array(text[..<$0]) }
    for place in text.indices {
      for byte in [0, 0x20, 0x22, 0x2C, 0x2D, 0x30, 0x35, 0x5C, 0x5D, 0x65, 0x7D, 0xC3, 0xFF] as [UInt8] {
        var changed = text
        changed[place] = byte
        texts.append(changed)
      }
    }
    var accepted = 0
    for text in texts {
      let own = try? JSONValue(parsing: text), other = try? JSONDecoder().decode(JSONValue.self, from: Data(text))
      #expect(own == other, "\(String(decoding: text, as: UTF8.self))")
      if own != nil { accepted += 1 }
    }
    #expect(accepted > 50 && accepted < texts.count / 2)
  }

  /// A random JSON text.
  private static func text(_ random: inout SplitMix64, depth: Int = 0) -> String {
    let space = ["", " ", "\n"].randomElement(using: &random)!
    func list(_ open: String, _ close: String, _ element: (inout SplitMix64) -> String) -> String {
      open + (0..<Int.random(in: 0...3, using: &random)).map { _ in element(&random) }.joined(separator: "," + space)
        + close
    }
    func string(_ random: inout SplitMix64) -> String {
      let parts = ["a", "b", "é", "\\n", "\\u00e9", "\\uD83D\\uDC08", "\\\"", "/"]
      return "\""
        + (0..<Int.random(in: 0...4, using: &random)).map { _ in parts.randomElement(using: &random)! }.joined() + "\""
    }
    switch Int.random(in: 0..<(depth < 3 ? 8 : 4), using: &random) {
    case 0: return space + ["null", "true", "false"].randomElement(using: &random)!
    case 1, 2:
      return ["0", "-7", "3.25", "1e3", "-0.5E-2", "12345678901234567890"].randomElement(using: &random)! + space
    case 3: return string(&random)
    case 4, 5: return list("[", "]") { text(&$0, depth: depth + 1) }
    default: return list("{", "}") { string(&$0) + space + ":" + text(&$0, depth: depth + 1) }
    }
  }

  @Test func readsRandomTextsLikeFoundation() throws {
    var random = SplitMix64(seed: 1)
    var accepted = 0
    for _ in 0..<4000 {
      var bytes = Array(Self.text(&random).utf8)
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        if Bool.random(using: &random), place < bytes.count {
          bytes.remove(at: place)
        } else {
          bytes.insert(Array("{}[]\",:\\u0d8-+.eEtn ".utf8).randomElement(using: &random)!, at: place)
        }
      }
      // Foundation accepts more than the standard allows, but refuses numbers that are too large.
      guard let own = try? JSONValue(parsing: bytes) else { continue }
      accepted += 1
      if String(describing: own).contains("inf") { continue }
      let other = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
      #expect(own == other, "\(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(accepted > 1000 && accepted < 3900)
  }
}
