/// What a model says that cannot be meant, and does not keep it from being run.
public struct ModelWarning: Sendable, Hashable {
  /// The kind of a warning, for code that reacts to it. Later versions may have more: a switch needs a default.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// The declared shape of a value is not the one that the operators give it. The operators count.
    case declaredShape
    /// A symbol stands for sizes that differ. Each dimension that it names is taken by itself.
    case sharedSymbol
    /// An operator leaves an attribute to a default that its input does not allow, and is taken as other runtimes take it.
    case impossibleDefault
  }

  /// The kind.
  public var code: Code
  /// What is wrong, without the place, and what counts instead.
  public var reason: String
  /// The name of the value, where it is about one.
  public var value: String?
  /// The node, where it is about one, like `node "conv1" (Conv)`.
  public var node: String?

  /// A warning.
  public init(_ code: Code, _ reason: String, value: String? = nil, node: String? = nil) {
    self.code = code
    self.reason = reason
    self.value = value
    self.node = node
  }
}

extension ModelWarning: CustomStringConvertible {
  public var description: String { (node.map { $0 + ": " } ?? "") + reason }
}
