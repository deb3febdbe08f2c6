import InfoldSystem
import InfoldTensor

/// Gives an operator its attributes, and remembers which ones it has asked for.
public struct AttributeReader {
  /// The version of the operator: the last of its `versions` that is not above the opset that the model imports.
  public let version: Int
  /// The number of outputs that the node has, without those behind the last that is there.
  public let outputCount: Int

  /// The attributes that have been asked for, whether they were there or not.
  package private(set) var namesRead: Set<String> = []

  private let attributes: AttributeList
  private let outputs: [Bool]

  package init(_ attributes: AttributeList, version: Int, outputs: [Bool]) {
    self.attributes = attributes
    self.version = version
    self.outputs = outputs
    outputCount = (outputs.lastIndex(of: true) ?? -1) + 1
  }

  /// The integer attribute `name`; `nil` when it is not there.
  public mutating func int(_ name: String) throws(InfoldError) -> Int? {
    guard let value = take(name) else { return nil }
    guard case .int(let number) = value else { throw mismatch(name, value, "INT") }
    return Int(number)
  }

  /// The integer attribute `name`, which must be there.
  public mutating func requiredInt(_ name: String) throws(InfoldError) -> Int {
    guard let value = try int(name) else { throw missing(name) }
    return value
  }

  /// The integer attribute `name`, which must be the number of an element type, as that type; `nil` when it is not there.
  public mutating func elementType(_ name: String) throws(InfoldError) -> ElementType? {
    guard let number = try int(name) else { return nil }
    guard let type = Int32(exactly: number).flatMap(ElementType.init(rawValue:)) else {
      throw InfoldError(.invalidModel, "the attribute \(String(quoting: name)) is \(number), which is no element type")
    }
    return type
  }

  /// The integer attribute `name`, which must be 0 or 1, as a truth value.
  public mutating func flag(_ name: String, default fallback: Bool = false) throws(InfoldError) -> Bool {
    guard let value = try int(name) else { return fallback }
    guard value == 0 || value == 1 else {
      throw InfoldError(.invalidModel, "\(name) is \(value), and must be 0 or 1")
    }
    return value == 1
  }

  /// The float attribute `name`; `nil` when it is not there.
  public mutating func float(_ name: String) throws(InfoldError) -> Float? {
    guard let value = take(name) else { return nil }
    guard case .float(let number) = value else { throw mismatch(name, value, "FLOAT") }
    return number
  }

  /// The float attribute `name`, which must be there.
  public mutating func requiredFloat(_ name: String) throws(InfoldError) -> Float {
    guard let value = try float(name) else { throw missing(name) }
    return value
  }

  /// The text attribute `name`; `nil` when it is not there.
  public mutating func string(_ name: String) throws(InfoldError) -> String? {
    guard let value = take(name) else { return nil }
    guard case .string(let bytes) = value else { throw mismatch(name, value, "STRING") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw InfoldError(.invalidModel, "the attribute \(String(quoting: name)) is not UTF-8 text")
    }
    return text
  }

  /// The text attribute `name`, which must be one of `choices`; the first of them when it is not there.
  public mutating func choice(_ name: String, of choices: [String]) throws(InfoldError) -> String {
    guard let text = try string(name) else { return choices[0] }
    guard choices.contains(text) else {
      throw InfoldError(
        .invalidModel, "\(name) is \(String(quoting: text)), and must be one of \(choices.joined(separator: ", "))")
    }
    return text
  }

  /// The list of integers `name`; `nil` when it is not there.
  public mutating func ints(_ name: String) throws(InfoldError) -> [Int]? {
    guard let value = take(name) else { return nil }
    guard case .ints(let numbers) = value else { throw mismatch(name, value, "INTS") }
    return numbers.map(Int.init)
  }

  /// The list of integers `name`, which must be there.
  public mutating func requiredInts(_ name: String) throws(InfoldError) -> [Int] {
    guard let values = try ints(name) else { throw missing(name) }
    return values
  }

  /// The list of floats `name`; `nil` when it is not there.
  public mutating func floats(_ name: String) throws(InfoldError) -> [Float]? {
    guard let value = take(name) else { return nil }
    guard case .floats(let numbers) = value else { throw mismatch(name, value, "FLOATS") }
    return numbers
  }

  /// The list of floats `name`, which must be there.
  public mutating func requiredFloats(_ name: String) throws(InfoldError) -> [Float] {
    guard let values = try floats(name) else { throw missing(name) }
    return values
  }

  /// The list of texts `name`; `nil` when it is not there.
  public mutating func strings(_ name: String) throws(InfoldError) -> [String]? {
    guard let value = take(name) else { return nil }
    guard case .strings(let list) = value else { throw mismatch(name, value, "STRINGS") }
    let texts = list.compactMap { String(validating: $0, as: UTF8.self) }
    guard texts.count == list.count else {
      throw InfoldError(.invalidModel, "the attribute \(String(quoting: name)) is not UTF-8 text")
    }
    return texts
  }

  /// The tensor attribute `name`; `nil` when it is not there.
  public mutating func tensor(_ name: String) throws(InfoldError) -> Tensor? {
    guard let value = take(name) else { return nil }
    if case .message = value {
      throw InfoldError(
        .unsupported, "the attribute \(String(quoting: name)) holds strings, or another kind that is not supported")
    }
    guard case .tensor(let tensor) = value else { throw mismatch(name, value, "TENSOR of numbers") }
    return tensor
  }

  /// The body `name`, which must be there.
  package mutating func body(_ name: String) throws(InfoldError) -> OperatorBody {
    guard let value = take(name) else { throw missing(name) }
    guard case .graph(let graph) = value else { throw mismatch(name, value, "GRAPH") }
    return try OperatorBody(graph, called: name, capturedNames: attributes.capturedNames)
  }

  /// Whether the attribute `name` is there, whatever it is.
  public func has(_ name: String) -> Bool {
    attributes[name] != nil
  }

  /// Reads attributes that another operator has under the same names, as a list of those that are there.
  package mutating func forwarded(_ names: [String]) -> AttributeList {
    var list: AttributeList = [:]
    for name in names { list[name] = take(name) }
    return list
  }

  /// Whether the node has output `index`.
  package func hasOutput(_ index: Int) -> Bool { index < outputs.count && outputs[index] }

  /// Reads an attribute of early opsets that says nothing about the result (`consumed_inputs`).
  public mutating func ignore(_ name: String) {
    _ = take(name)
  }

  /// Reads `consumed_inputs`, a hint on memory that element-wise operators had in opset 1.
  public mutating func ignoreConsumedInputs() {
    if version < 6 { ignore("consumed_inputs") }
  }

  /// Refuses what has not been read.
  func finish() throws(InfoldError) {
    for entry in attributes.entries where !namesRead.contains(entry.name) {
      throw InfoldError(
        .invalidModel, "the operator has no attribute \(String(quoting: entry.name)) in version \(version)")
    }
  }

  private mutating func take(_ name: String) -> Attribute? {
    namesRead.insert(name)
    return attributes[name]
  }

  private func missing(_ name: String) -> InfoldError {
    InfoldError(.invalidModel, "the attribute \(String(quoting: name)) is missing")
  }

  private func mismatch(_ name: String, _ value: Attribute, _ wanted: String) -> InfoldError {
    InfoldError(
      .invalidModel, "the attribute \(String(quoting: name)) is a \(value.kind), and must be of type \(wanted)")
  }
}
