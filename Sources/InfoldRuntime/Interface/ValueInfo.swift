import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An input or output of a model: what a caller gives, or gets.
public struct ValueInfo: Sendable, Hashable {
  /// The name.
  public let name: String
  /// The type, with symbols for the sizes that a run may choose; `nil` where the model does not say. Of an output it is what
  /// follows from the operators, not what the model declares, unless declared shapes bind.
  public let type: TensorType?
  /// Whether the model has a default for it, so that it may be left out.
  public let hasDefault: Bool
}

extension ValueInfo: CustomStringConvertible {
  public var description: String { String(printable: name) + (type.map { ": \($0)" } ?? "") }
}

extension Graph {
  /// What a caller may know of an input or output.
  package func info(_ id: ValueID) -> ValueInfo {
    ValueInfo(name: self[id].name, type: describedType(id), hasDefault: self[id].initializer != nil)
  }

  /// What options and reports call a node: its name, or where it has none that of the value that it makes first.
  package func reference(to node: Node) -> String {
    guard node.name.isEmpty else { return node.name }
    return node.definitions.first { _ in true }.map { self[$0].name } ?? ""
  }
}
