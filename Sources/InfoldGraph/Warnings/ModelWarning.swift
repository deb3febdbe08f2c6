/// What a model says that cannot be meant, and does not keep it from being run.
public struct ModelWarning: Sendable, Hashable {
  /// The kind of a warning, for code that reacts to it. Later versions may have more, which breaks no switch: it has a default.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// The name, for logs.
    public let rawValue: String

    /// The kind of this name.
    public init(rawValue: String) {
      self.rawValue = rawValue
    }

    /// The declared shape of a value is not the one that the operators give it. The operators count.
    public static let declaredShape = Code(rawValue: "declaredShape")
    /// The declared element type of a value is not the one that the operators give it, or that its tensor has. What is computed counts.
    public static let declaredType = Code(rawValue: "declaredType")
    /// A symbol stands for sizes that differ. Each dimension that it names is taken by itself.
    public static let sharedSymbol = Code(rawValue: "sharedSymbol")
    /// An operator leaves an attribute to a default that its input does not allow, and is taken as other runtimes take it.
    public static let impossibleDefault = Code(rawValue: "impossibleDefault")
    /// What a session has measured to run the model fast cannot be kept in a file, and is measured again by the next session.
    public static let tuningNotKept = Code(rawValue: "tuningNotKept")
    /// Other processes used the processors so much that a session could not measure what runs the model fast.
    public static let tuningDisturbed = Code(rawValue: "tuningDisturbed")
    /// Measuring what runs the model fast takes longer than the session may take for it, so that nothing was measured.
    public static let tuningTooShort = Code(rawValue: "tuningTooShort")
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

extension ModelWarning.Code: CustomStringConvertible {
  public var description: String { rawValue }
}

extension ModelWarning: CustomStringConvertible {
  public var description: String { (node.map { $0 + ": " } ?? "") + reason }
}
