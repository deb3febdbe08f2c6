import InfoldSystem
import InfoldTensor

/// Reads the attributes of a node and tracks which names have been read.
public struct AttributeReader {
  /// The operator version: the last of its `versions` that does not exceed the imported opset.
  public let version: Int
  /// The number of the node's outputs, up to the last one that is present.
  public let outputCount: Int

  /// The names of attributes that have been read, whether or not they are present.
  package private(set) var namesRead: Set<String> = []

  private let attributes: AttributeList
  private let outputs: [Bool]

  package init(_ attributes: AttributeList, version: Int, outputs: [Bool]) {
    self.attributes = attributes
    self.version = version
    self.outputs = outputs
    outputCount = (outputs.lastIndex(of: true) ?? -1) + 1
  }

  /// Returns the integer attribute `name`, or `nil` if it is absent.
  public mutating func int(_ name: String) throws(InfoldError) -> Int? {
    guard let value = take(name) else { return nil }
    guard case .int(let number) = value else { throw mismatch(name, value, "INT") }
    return Int(number)
  }

  /// Returns the required integer attribute `name`.
  public mutating func requiredInt(_ name: String) throws(InfoldError) -> Int {
    guard let value = try int(name) else { throw missing(name) }
    return value
  }

  /// Returns the integer attribute `name` as an element type, or `nil` if it is absent.
  public mutating func elementType(_ name: String) throws(InfoldError) -> ElementType? {
    guard let number = try int(name) else { return nil }
    guard let type = Int32(exactly: number).flatMap(ElementType.init(rawValue:)) else {
      throw InfoldError(
        .invalidModel, "the attribute \(String(quoting: name)) is \(number), which is not a supported element type")
    }
    return type
  }

  /// Returns the integer attribute `name`, which must be 0 or 1, as a Boolean.
  public mutating func flag(_ name: String, default fallback: Bool = false) throws(InfoldError) -> Bool {
    guard let value = try int(name) else { return fallback }
    guard value == 0 || value == 1 else {
      throw InfoldError(.invalidModel, "\(name) is \(value) but must be 0 or 1")
    }
    return value == 1
  }

  /// Returns the float attribute `name`, or `nil` if it is absent.
  public mutating func float(_ name: String) throws(InfoldError) -> Float? {
    guard let value = take(name) else { return nil }
    guard case .float(let number) = value else { throw mismatch(name, value, "FLOAT") }
    return number
  }

  /// Returns the required float attribute `name`.
  public mutating func requiredFloat(_ name: String) throws(InfoldError) -> Float {
    guard let value = try float(name) else { throw missing(name) }
    return value
  }

  /// Returns the string attribute `name`, or `nil` if it is absent.
  public mutating func string(_ name: String) throws(InfoldError) -> String? {
    guard let value = take(name) else { return nil }
    guard case .string(let bytes) = value else { throw mismatch(name, value, "STRING") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw InfoldError(.invalidModel, "the attribute \(String(quoting: name)) is not valid UTF-8")
    }
    return text
  }

  /// Returns the string attribute `name`, which must be one of `choices`, or the first choice if it
  /// is absent.
  public mutating func choice(_ name: String, of choices: [String]) throws(InfoldError) -> String {
    guard let text = try string(name) else { return choices[0] }
    guard choices.contains(text) else {
      throw InfoldError(
        .invalidModel, "\(name) is \(String(quoting: text)) but must be one of \(choices.joined(separator: ", "))")
    }
    return text
  }

  /// Returns the list of integers `name`, or `nil` if it is absent.
  public mutating func ints(_ name: String) throws(InfoldError) -> [Int]? {
    guard let value = take(name) else { return nil }
    guard case .ints(let numbers) = value else { throw mismatch(name, value, "INTS") }
    return numbers.map(Int.init)
  }

  /// Returns the required list of integers `name`.
  public mutating func requiredInts(_ name: String) throws(InfoldError) -> [Int] {
    guard let values = try ints(name) else { throw missing(name) }
    return values
  }

  /// Returns the list of floats `name`, or `nil` if it is absent.
  public mutating func floats(_ name: String) throws(InfoldError) -> [Float]? {
    guard let value = take(name) else { return nil }
    guard case .floats(let numbers) = value else { throw mismatch(name, value, "FLOATS") }
    return numbers
  }

  /// Returns the required list of floats `name`.
  public mutating func requiredFloats(_ name: String) throws(InfoldError) -> [Float] {
    guard let values = try floats(name) else { throw missing(name) }
    return values
  }

  /// Returns the list of strings `name`, or `nil` if it is absent.
  public mutating func strings(_ name: String) throws(InfoldError) -> [String]? {
    guard let value = take(name) else { return nil }
    guard case .strings(let list) = value else { throw mismatch(name, value, "STRINGS") }
    let texts = list.compactMap { String(validating: $0, as: UTF8.self) }
    guard texts.count == list.count else {
      throw InfoldError(.invalidModel, "the attribute \(String(quoting: name)) is not valid UTF-8")
    }
    return texts
  }

  /// Returns the tensor attribute `name`, or `nil` if it is absent.
  public mutating func tensor(_ name: String) throws(InfoldError) -> Tensor? {
    guard let value = take(name) else { return nil }
    if case .message = value {
      throw InfoldError(
        .unsupported,
        "the attribute \(String(quoting: name)) has an unsupported type: only tensors of numbers are supported")
    }
    guard case .tensor(let tensor) = value else { throw mismatch(name, value, "numeric TENSOR") }
    return tensor
  }

  /// Returns the required body `name`.
  package mutating func body(_ name: String) throws(InfoldError) -> OperatorBody {
    guard let value = take(name) else { throw missing(name) }
    guard case .graph(let graph) = value else { throw mismatch(name, value, "GRAPH") }
    return try OperatorBody(graph, called: name, capturedNames: attributes.capturedNames)
  }

  /// Returns whether the attribute `name` is present, whatever its type.
  public func has(_ name: String) -> Bool {
    attributes[name] != nil
  }

  /// Reads attributes that another operator has under the same names, and returns those that are
  /// present.
  package mutating func forwarded(_ names: [String]) -> AttributeList {
    var list: AttributeList = [:]
    for name in names { list[name] = take(name) }
    return list
  }

  /// Returns whether the node has output `index`.
  package func hasOutput(_ index: Int) -> Bool { index < outputs.count && outputs[index] }

  /// Reads and ignores an attribute of early opsets that has no effect on the result, such as
  /// `consumed_inputs`.
  public mutating func ignore(_ name: String) {
    _ = take(name)
  }

  /// Reads and ignores `consumed_inputs`, a memory hint of element-wise operators before opset 6.
  public mutating func ignoreConsumedInputs() {
    if version < 6 { ignore("consumed_inputs") }
  }

  /// Throws an error if the node has an attribute that was not read.
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
    InfoldError(.invalidModel, "missing attribute \(String(quoting: name))")
  }

  private func mismatch(_ name: String, _ value: Attribute, _ wanted: String) -> InfoldError {
    InfoldError(
      .invalidModel, "the attribute \(String(quoting: name)) is \(value.kind) but must be \(wanted)")
  }
}
