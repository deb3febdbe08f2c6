import InfoldSystem
import InfoldTensor

/// The value of a node's attribute (ONNX AttributeProto).
public enum Attribute: Sendable {
  /// One integer.
  case int(Int64)
  /// One number.
  case float(Float)
  /// Bytes, by convention UTF-8.
  case string([UInt8])
  /// One tensor.
  case tensor(Tensor)
  /// A body of If, Loop or Scan; its captures are the values of outer graphs that it uses.
  case graph(Graph)
  /// Integers.
  case ints([Int64])
  /// Numbers.
  case floats([Float])
  /// Strings of bytes.
  case strings([[UInt8]])
  /// Bodies.
  case graphs([Graph])
  /// A kind that no operator of Infold reads (tensors of strings, lists of tensors, sparse tensors, types), as its
  /// whole serialized AttributeProto.
  case message([UInt8])
}

extension Attribute {
  /// The kind, as ONNX names it.
  var kind: String {
    switch self {
    case .int: "INT"
    case .float: "FLOAT"
    case .string: "STRING"
    case .tensor: "TENSOR"
    case .graph: "GRAPH"
    case .ints: "INTS"
    case .floats: "FLOATS"
    case .strings: "STRINGS"
    case .graphs: "GRAPHS"
    case .message: "value of another kind"
    }
  }
}

/// The attributes of a node, in the order of the model.
public struct AttributeList: Sendable {
  /// One attribute.
  public struct Entry: Sendable {
    /// The name, unique in its list.
    public var name: String
    /// The value.
    public var value: Attribute
    /// The serialized AttributeProto without name, type and value: documentation, unknown fields.
    package var unmodeledFields: [UInt8]

    package init(name: String, value: Attribute, unmodeledFields: [UInt8] = []) {
      self.name = name
      self.value = value
      self.unmodeledFields = unmodeledFields
    }
  }

  /// The attributes.
  public private(set) var entries: [Entry]

  /// No attributes.
  public init() {
    entries = []
  }

  /// These attributes.
  /// - Throws: `InfoldError` with `.invalidModel` when a name stands twice.
  package init(_ entries: [Entry]) throws(InfoldError) {
    var names: Set<String> = []
    for entry in entries where !names.insert(entry.name).inserted {
      throw InfoldError(.invalidModel, "the attribute \(String(quoting: entry.name)) stands twice")
    }
    self.entries = entries
  }

  /// The value of the attribute with this name. Setting `nil` removes it.
  public subscript(name: String) -> Attribute? {
    get { entries.first { $0.name == name }?.value }
    set {
      let index = entries.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let value?): entries[index].value = value
      case (let index?, nil): entries.remove(at: index)
      case (nil, let value?): entries.append(Entry(name: name, value: value))
      case (nil, nil): break
      }
    }
  }
}

extension AttributeList: ExpressibleByDictionaryLiteral {
  /// These attributes, in this order.
  /// - Precondition: No name stands twice.
  public init(dictionaryLiteral elements: (String, Attribute)...) {
    precondition(Set(elements.map(\.0)).count == elements.count, "an attribute stands twice")
    entries = elements.map { Entry(name: $0.0, value: $0.1) }
  }
}
