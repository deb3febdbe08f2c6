import FoundationEssentials
import InfoldSystem
import InfoldTensor

/// A JSON object written member by member, on one line. Numbers are written directly: Foundation
/// takes ten times as long.
struct JSONLine {
  private var bytes: [UInt8] = Array("{".utf8)

  /// Adds a member whose value is written by `value`.
  mutating func add(_ name: String, _ value: (inout [UInt8]) -> Void) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    Self.append(name, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    value(&bytes)
  }

  /// Adds a member with this value.
  mutating func add(_ name: String, _ value: String) { add(name) { Self.append(value, to: &$0) } }

  /// Adds a member with this value.
  mutating func add(_ name: String, _ value: Int) { add(name) { $0 += String(value).utf8 } }

  /// Adds a member with this value.
  mutating func add(_ name: String, _ value: JSONLine) { add(name) { $0 += value.object } }

  /// Adds a member with these values.
  mutating func add(_ name: String, _ values: [JSONLine]) {
    add(name) { bytes in Self.append(values, to: &bytes) { $0 += $1.object } }
  }

  /// Adds a member with this value. Values that JSON cannot express become strings.
  mutating func add(_ name: String, _ value: Double) { add(name) { Self.append(value, to: &$0) } }

  /// Adds a member with this value.
  mutating func add(_ name: String, _ value: LineIdentifier) { add(name) { $0 += value.json } }

  /// Adds a member with a shape.
  mutating func add(_ name: String, shape: [Int]) {
    add(name) { bytes in Self.append(shape, to: &bytes) { $0 += String($1).utf8 } }
  }

  /// Adds a member with the elements of a tensor, in row-major order. Floating-point numbers have
  /// the fewest digits that identify them among all numbers of their type. NaN and infinities
  /// become the strings "NaN", "Infinity" and "-Infinity".
  /// - Throws: `InfoldError` with `.unsupported` for element types without a Swift equivalent, or
  ///   `.limitExceeded`.
  mutating func add(_ name: String, elementsOf tensor: Tensor) throws(InfoldError) {
    switch tensor.elementType {
    case .bool: try add(name, tensor, as: Bool.self) { $1 += ($0 ? "true" : "false").utf8 }
    case .float32: try add(name, tensor, as: Float.self, Self.append)
    case .float64: try add(name, tensor, as: Double.self, Self.append)
    case .float16, .bfloat16: try add(name, tensor.converted(to: .float32), as: Float.self, Self.append)
    case .int8: try add(name, tensor, as: Int8.self, Self.append)
    case .int16: try add(name, tensor, as: Int16.self, Self.append)
    case .int32: try add(name, tensor, as: Int32.self, Self.append)
    case .int64: try add(name, tensor, as: Int64.self, Self.append)
    case .uint8: try add(name, tensor, as: UInt8.self, Self.append)
    case .uint16: try add(name, tensor, as: UInt16.self, Self.append)
    case .uint32: try add(name, tensor, as: UInt32.self, Self.append)
    case .uint64: try add(name, tensor, as: UInt64.self, Self.append)
    case .int4, .uint4: try add(name, elementsOf: tensor.inWholeBytes())
    default: throw InfoldError(.unsupported, "\(tensor.elementType) elements cannot be written as numbers")
    }
  }

  private mutating func add<Element: TensorElement>(
    _ name: String, _ tensor: Tensor, as _: Element.Type, _ append: (Element, inout [UInt8]) -> Void
  ) throws(InfoldError) {
    let elements: [Element] = try tensor.elements()
    add(name) { bytes in Self.append(elements, to: &bytes) { append($1, &$0) } }
  }

  private static func append(_ number: some BinaryInteger, to bytes: inout [UInt8]) {
    bytes += number.description.utf8
  }

  private static func append(_ number: some BinaryFloatingPoint & LosslessStringConvertible, to bytes: inout [UInt8]) {
    guard number.isFinite else {
      bytes += (number.isNaN ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"").utf8
      return
    }
    bytes += number.description.utf8
  }

  private static func append<Element>(
    _ elements: [Element], to bytes: inout [UInt8], _ append: (inout [UInt8], Element) -> Void
  ) {
    bytes.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      append(&bytes, element)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  /// Appends a string, escaped as JSON requires.
  static func append(_ text: String, to bytes: inout [UInt8]) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard let data = try? encoder.encode(text) else { preconditionFailure("a string cannot be encoded") }
    bytes += data
  }

  private var object: [UInt8] { bytes + [UInt8(ascii: "}")] }

  /// The object and a line feed.
  var line: [UInt8] { object + [UInt8(ascii: "\n")] }
}
