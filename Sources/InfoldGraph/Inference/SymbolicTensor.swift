import InfoldTensor

/// A small tensor of integers or booleans whose elements are known in part before the model runs,
/// such as a shape that the model computes.
public struct SymbolicTensor: Sendable, Hashable {
  /// The most elements that inference tracks.
  public static let maximumCount = 64

  /// The element type: int64, int32 or bool.
  public let elementType: ElementType
  /// The sizes of the dimensions.
  public let shape: [Int]
  /// The elements in row-major order. A fixed element may be negative; a boolean is 0 or 1. A
  /// symbol is the size of a dimension, and therefore not negative.
  public let elements: [Dimension]

  /// Creates a tensor of these elements. Returns `nil` if the type is not supported or there are
  /// too many elements.
  /// - Precondition: The shape has as many elements.
  public init?(_ elementType: ElementType, shape: [Int], _ elements: [Dimension]) {
    guard Self.follows(elementType), elements.count <= Self.maximumCount else { return nil }
    precondition(checkedProduct(shape) == elements.count, "\(elements.count) elements for the shape \(shape)")
    self.elementType = elementType
    self.shape = shape
    self.elements = elements
  }

  /// Creates a tensor of unknown elements. Returns `nil` if the type is not supported, there are
  /// too many elements, or the shape is not fixed.
  init?(unknown type: TensorType) {
    guard let sizes = type.smallSizes(limit: Self.maximumCount) else { return nil }
    self.init(
      type.elementType, shape: sizes, Array(repeating: .unknown, count: checkedProduct(sizes)!))
  }

  /// Creates a tensor of known elements. Returns `nil` if the type is not supported or there are
  /// too many elements.
  init?(_ tensor: Tensor) {
    guard Self.follows(tensor.elementType), tensor.count <= Self.maximumCount else { return nil }
    let integers = try? tensor.cast(to: .int64).elements(as: Int64.self)
    guard let integers else { return nil }
    self.init(tensor.elementType, shape: tensor.shape, integers.map { .fixed(Int($0)) })
  }

  /// The tensor, if every element is fixed and fits its type.
  var tensor: Tensor? {
    let sizes = elements.compactMap { $0.size.map(Int64.init) }
    guard sizes.count == elements.count else { return nil }
    guard elementType != .int32 || sizes.allSatisfy({ Int32(exactly: $0) != nil }) else { return nil }
    return try? Tensor(shape: shape, sizes).cast(to: elementType)
  }

  /// Whether no element is known.
  var isUnknown: Bool { elements.allSatisfy { $0 == .unknown } }

  private static func follows(_ type: ElementType) -> Bool {
    type == .int64 || type == .int32 || type == .bool
  }
}

extension TensorType {
  /// Returns the sizes if all are fixed and there are at most `limit` elements.
  package func smallSizes(limit: Int) -> [Int]? {
    guard let sizes = shape?.sizes, let count = checkedProduct(sizes), count <= limit else { return nil }
    return sizes
  }
}
