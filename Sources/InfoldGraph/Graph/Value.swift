import InfoldSystem
import InfoldTensor

/// The position of a value in `Graph.values`.
public struct ValueID: Sendable, Hashable, Comparable {
  /// The index into `Graph.values`.
  public let index: Int

  init(index: Int) {
    self.index = index
  }

  public static func < (a: ValueID, b: ValueID) -> Bool { a.index < b.index }
}

/// An edge of the graph: an input, an initializer, or an output of a node.
public struct Value: Sendable {
  /// The name, unique in its graph. No value has the empty name.
  public var name: String
  /// The known type: the declared type of an input, or the result of shape inference. If
  /// declarations are binding (`Graph.declaredShapes`), they are merged into it.
  public var type: TensorType?
  /// The tensor of an initializer.
  public var initializer: Initializer?
  /// The recorded tensor of a value that is constant although it is no initializer, because nodes
  /// compute it from constants alone or a body captures it (`Graph.recordConstants()`). Not written
  /// to files.
  package var known: Tensor?
  /// The serialized `ValueInfoProto` of a declared value; empty for others.
  package var declaration: [UInt8]
  /// The declared type of a node output where declarations are not binding. Holds until inference
  /// contradicts it.
  package var claim: TensorType?
  /// Whether inference has contradicted the declaration, so that it is not written.
  package var isMisdeclared: Bool

  /// Creates a value.
  public init(name: String, type: TensorType? = nil, initializer: Initializer? = nil) {
    self.name = name
    self.type = type
    self.initializer = initializer
    declaration = []
    claim = nil
    isMisdeclared = false
  }
}

/// The content of an initializer.
public struct Initializer: Sendable {
  /// The form in which the content is held.
  public enum Content: Sendable {
    /// A tensor that operators can use.
    case tensor(Tensor)
    /// A string tensor, as its serialized `TensorProto`.
    case strings([UInt8])
    /// A sparse tensor, as its serialized `SparseTensorProto`.
    case sparse([UInt8])
    /// A tensor whose data could not be read, in a model that is only inspected: its serialized
    /// `TensorProto` and the reason.
    // Indirect because it is rare and would enlarge every value.
    indirect case unread([UInt8], reason: InfoldError)
  }

  /// The content.
  public var content: Content
  /// The remaining fields of the serialized `TensorProto`, other than name, shape, type and data:
  /// documentation, metadata, unknown fields.
  package var unmodeledFields: [UInt8]

  /// Creates an initializer that holds `tensor`.
  public init(_ tensor: Tensor) {
    self.init(content: .tensor(tensor))
  }

  package init(content: Content, unmodeledFields: [UInt8] = []) {
    self.content = content
    self.unmodeledFields = unmodeledFields
  }

  /// The tensor, if it is one that operators can use.
  public var tensor: Tensor? {
    if case .tensor(let tensor) = content { tensor } else { nil }
  }
}
