/// Limits for a model file. They are checked before memory is allocated.
///
/// Fixed limits apply as well: messages may be nested 100 deep, tensors have at most 64 dimensions,
/// function calls may be nested 64 deep, and unpacking allocates at most 64 MiB plus 32 times the
/// size of the file.
public struct ModelLimits: Sendable, Hashable {
  /// The maximum number of nodes, including those of subgraphs and functions.
  public var nodes: Int
  /// The maximum number of bytes of a name or another text. Data of tensors and text in attributes
  /// do not count.
  public var textBytes: Int
  /// The maximum number of bytes of external data, or `nil` for three quarters of the memory of the
  /// machine or container.
  public var externalBytes: Int?

  /// Creates limits. The defaults far exceed real networks.
  public init(nodes: Int = 100_000, textBytes: Int = 1 << 20, externalBytes: Int? = nil) {
    self.nodes = nodes
    self.textBytes = textBytes
    self.externalBytes = externalBytes
  }
}
