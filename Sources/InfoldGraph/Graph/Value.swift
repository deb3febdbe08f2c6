import InfoldSystem
import InfoldTensor

/// The place of a value in its graph's `values`.
public struct ValueID: Sendable, Hashable, Comparable {
  /// The index into `Graph.values`.
  public let index: Int

  init(index: Int) {
    self.index = index
  }

  public static func < (a: ValueID, b: ValueID) -> Bool { a.index < b.index }
}

/// What flows along an edge of the graph: an input, an initializer, or an output of a node.
public struct Value: Sendable {
  /// The name, unique in its graph; the empty name belongs to no value.
  public var name: String
  /// What is known of it: the declared type of an input, and what shape inference found. Where declared shapes bind
  /// (`Graph.declaredShapes`), they are merged with it.
  public var type: TensorType?
  /// The number it starts with, for initializers.
  public var initializer: Initializer?
  /// The number that nodes make of constants alone, or that a body takes from the graph around it, where somebody has found it
  /// (`Graph.learnConstants()`). Knowledge of a graph as it is, which is not written.
  package var known: Tensor?
  /// The serialized ValueInfoProto of a declared value; empty for others.
  package var declaration: [UInt8]
  /// What the model declares of what a node makes, where declared shapes do not bind: a claim, until inference finds it wrong.
  package var claim: TensorType?
  /// Whether the declaration has turned out to be wrong, so that it is not written again.
  package var isMisdeclared: Bool

  /// A value.
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
  /// How the content is held.
  public enum Content: Sendable {
    /// A tensor that operators can use.
    case tensor(Tensor)
    /// A tensor of strings, as its serialized TensorProto.
    case strings([UInt8])
    /// A sparse tensor, as its serialized SparseTensorProto.
    case sparse([UInt8])
    /// A tensor of a model that is only looked at, whose data could not be had: its serialized TensorProto, and why.
    // In a box: it is rare, and every value of every graph would be larger by it.
    indirect case unread([UInt8], reason: InfoldError)
  }

  /// The content.
  public var content: Content
  /// The serialized TensorProto without name, shape, type and data: documentation, metadata, unknown fields.
  package var unmodeledFields: [UInt8]

  /// An initializer that holds `tensor`.
  public init(_ tensor: Tensor) {
    self.init(content: .tensor(tensor))
  }

  package init(content: Content, unmodeledFields: [UInt8] = []) {
    self.content = content
    self.unmodeledFields = unmodeledFields
  }

  /// The tensor, where it is one that operators can use.
  public var tensor: Tensor? {
    if case .tensor(let tensor) = content { tensor } else { nil }
  }
}
