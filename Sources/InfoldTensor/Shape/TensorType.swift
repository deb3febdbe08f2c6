/// What is known of a value before the model runs.
public struct TensorType: Sendable, Hashable {
  /// The type of the elements.
  public var elementType: ElementType
  /// The shape; `nil` while not even the number of dimensions is known.
  public var shape: Shape?

  /// A type.
  public init(_ elementType: ElementType, _ shape: Shape?) {
    self.elementType = elementType
    self.shape = shape
  }
}

extension TensorType: CustomStringConvertible {
  public var description: String { "\(elementType) \(shape?.description ?? "[…]")" }
}
