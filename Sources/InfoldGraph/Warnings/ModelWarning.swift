/// A contradiction in a model, or a problem with its tuning, that does not prevent a run.
public struct ModelWarning: Sendable, Hashable {
  /// The kind of a warning, for code that reacts to it. It is not an enumeration, so that later
  /// versions may add kinds without breaking a `switch`.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// The name, for logs.
    public let rawValue: String

    /// Creates the kind with this name.
    public init(rawValue: String) {
      self.rawValue = rawValue
    }

    /// The declared shape of a value differs from the inferred one. The inferred shape is used.
    public static let declaredShape = Code(rawValue: "declaredShape")
    /// The declared element type of a value differs from the inferred one or from that of its
    /// tensor. The computed type is used.
    public static let declaredType = Code(rawValue: "declaredType")
    /// A symbol has different sizes. Each dimension that it names is treated as independent.
    public static let sharedSymbol = Code(rawValue: "sharedSymbol")
    /// An operator relies on an attribute's default that its input does not allow. Infold
    /// interprets it as other runtimes do.
    public static let impossibleDefault = Code(rawValue: "impossibleDefault")
    /// The results of tuning cannot be saved to a file. The next session measures again.
    public static let tuningNotKept = Code(rawValue: "tuningNotKept")
    /// Other processes kept the processors too busy for tuning.
    public static let tuningDisturbed = Code(rawValue: "tuningDisturbed")
    /// Tuning would take longer than its time limit, so nothing was measured.
    public static let tuningTooShort = Code(rawValue: "tuningTooShort")
  }

  /// The kind of the warning.
  public var code: Code
  /// What is wrong and what is used instead, without the location.
  public var reason: String
  /// The name of the value concerned, if any.
  public var value: String?
  /// The node concerned, if any, such as `node "conv1" (Conv)`.
  public var node: String?

  /// Creates a warning.
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
