import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An input or output of a model.
public struct ValueInfo: Sendable, Hashable {
  /// The name.
  public let name: String
  /// The type, with symbols for dynamic dimensions; `nil` if the model does not declare one. The
  /// type of an output is inferred from the operators rather than taken from the model's
  /// declaration, unless declared shapes are binding.
  public let type: TensorType?
  /// Whether the input has a default value, so that callers may omit it.
  public let hasDefault: Bool
}

extension ValueInfo: CustomStringConvertible {
  public var description: String { String(printable: name) + (type.map { ": \($0)" } ?? "") }
}

extension Graph {
  /// Returns the public description of an input or output.
  package func info(_ id: ValueID) -> ValueInfo {
    ValueInfo(name: self[id].name, type: describedType(id), hasDefault: self[id].initializer != nil)
  }

  /// Returns the name of a node in options and reports: its own name, or that of its first output
  /// if it has none.
  package func reference(to node: Node) -> String {
    guard node.name.isEmpty else { return node.name }
    return node.definitions.first { _ in true }.map { self[$0].name } ?? ""
  }
}
