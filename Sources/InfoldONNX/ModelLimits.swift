/// What a model file may ask for. Whatever it says, it is refused before memory is taken for more.
///
/// Beside these, messages may lie 100 deep inside each other, tensors have at most 64 dimensions, functions call each other 64
/// deep, and unpacking takes about 32 times the bytes of the file's description at most, however it is written.
public struct ModelLimits: Sendable, Hashable {
  /// The most nodes, with those of subgraphs and functions.
  public var nodes: Int
  /// The most bytes of a name or another text. Data of tensors and text in attributes do not count.
  public var textBytes: Int
  /// The most bytes that tensors may take from files beside the model, all together; `nil` for three quarters of the memory that
  /// the machine, or the container, has.
  public var externalBytes: Int?

  /// Limits, by default far above what networks have.
  public init(nodes: Int = 100_000, textBytes: Int = 1 << 20, externalBytes: Int? = nil) {
    self.nodes = nodes
    self.textBytes = textBytes
    self.externalBytes = externalBytes
  }
}
