/// The element type and shape of a value, as far as they are known before a run.
public struct TensorType: Sendable, Hashable {
  /// The type of the elements.
  public var elementType: ElementType
  /// The shape, or `nil` if not even the rank is known.
  public var shape: Shape?

  /// Creates a type.
  public init(_ elementType: ElementType, _ shape: Shape?) {
    self.elementType = elementType
    self.shape = shape
  }
}

extension TensorType: CustomStringConvertible {
  public var description: String { "\(elementType) \(shape?.description ?? "[…]")" }
}
