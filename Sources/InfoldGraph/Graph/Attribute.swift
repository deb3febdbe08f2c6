import InfoldSystem
import InfoldTensor

/// The value of a node attribute (ONNX `AttributeProto`).
public enum Attribute: Sendable {
  /// An integer.
  case int(Int64)
  /// A float32 number.
  case float(Float)
  /// A byte string, by convention UTF-8.
  case string([UInt8])
  /// A tensor.
  case tensor(Tensor)
  /// A body of If, Loop or Scan. Its `captures` are the values of outer graphs that it reads.
  case graph(Graph)
  /// A list of integers.
  case ints([Int64])
  /// A list of float32 numbers.
  case floats([Float])
  /// A list of byte strings.
  case strings([[UInt8]])
  /// A list of bodies.
  case graphs([Graph])
  /// An attribute kind that no Infold operator reads (string tensors, lists of tensors, sparse
  /// tensors, types), kept as its serialized `AttributeProto`.
  case message([UInt8])
}

extension Attribute {
  /// The ONNX name of the kind.
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
    case .message: "of an unsupported kind"
    }
  }
}

/// The attributes of a node, in model order.
public struct AttributeList: Sendable {
  /// A named attribute.
  public struct Entry: Sendable {
    /// The name, unique in its list.
    public var name: String
    /// The value.
    public var value: Attribute
    /// The serialized `AttributeProto` without name, type and value: documentation and unknown
    /// fields.
    package var unmodeledFields: [UInt8]

    package init(name: String, value: Attribute, unmodeledFields: [UInt8] = []) {
      self.name = name
      self.value = value
      self.unmodeledFields = unmodeledFields
    }
  }

  /// The attributes.
  public private(set) var entries: [Entry]

  /// Creates an empty list.
  public init() {
    entries = []
  }

  /// Creates a list of `entries`.
  /// - Throws: `InfoldError.Code.invalidModel` if two entries have the same name.
  package init(_ entries: [Entry]) throws(InfoldError) {
    var names: Set<String> = []
    for entry in entries where !names.insert(entry.name).inserted {
      throw InfoldError(.invalidModel, "duplicate attribute name \(String(quoting: entry.name))")
    }
    self.entries = entries
  }

  /// Accesses the value of the attribute called `name`. Setting `nil` removes the attribute.
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
  /// Creates a list of the given attributes, in this order.
  /// - Precondition: The names are distinct.
  public init(dictionaryLiteral elements: (String, Attribute)...) {
    precondition(Set(elements.map(\.0)).count == elements.count, "duplicate attribute name")
    entries = elements.map { Entry(name: $0.0, value: $0.1) }
  }
}
