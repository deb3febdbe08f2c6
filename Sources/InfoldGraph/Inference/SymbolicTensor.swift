import InfoldTensor

/// A small tensor of integers or truth values, such as a shape that the model computes, as far as its elements are known
/// before the model runs.
public struct SymbolicTensor: Sendable, Hashable {
  /// The most elements that are followed through the graph.
  public static let maximumCount = 64

  /// int64, int32 or bool.
  public let elementType: ElementType
  /// The sizes of the dimensions.
  public let shape: [Int]
  /// The elements in row-major order. A `.fixed` one may be negative; of truth values it is 0 or 1. A symbol is the size of
  /// a dimension, and not negative.
  public let elements: [Dimension]

  /// A tensor of these elements; `nil` when it is of another type, or has too many.
  /// - Precondition: The shape has as many elements.
  public init?(_ elementType: ElementType, shape: [Int], _ elements: [Dimension]) {
    guard Self.follows(elementType), elements.count <= Self.maximumCount else { return nil }
    precondition(checkedProduct(shape) == elements.count, "\(elements.count) elements for the shape \(shape)")
    self.elementType = elementType
    self.shape = shape
    self.elements = elements
  }

  /// A tensor of which only the type is known; `nil` when it is of another type, has too many elements, or an open shape.
  init?(unknown type: TensorType) {
    guard let sizes = type.smallSizes(limit: Self.maximumCount) else { return nil }
    self.init(
      type.elementType, shape: sizes, Array(repeating: .unknown, count: checkedProduct(sizes)!))
  }

  /// A tensor that is fully known; `nil` when it is of another type, or has too many elements.
  init?(_ tensor: Tensor) {
    guard Self.follows(tensor.elementType), tensor.count <= Self.maximumCount else { return nil }
    let integers = try? tensor.cast(to: .int64).elements(as: Int64.self)
    guard let integers else { return nil }
    self.init(tensor.elementType, shape: tensor.shape, integers.map { .fixed(Int($0)) })
  }

  /// The tensor, where every element is fixed and fits its type.
  var tensor: Tensor? {
    let sizes = elements.compactMap { $0.size.map(Int64.init) }
    guard sizes.count == elements.count else { return nil }
    guard elementType != .int32 || sizes.allSatisfy({ Int32(exactly: $0) != nil }) else { return nil }
    return try? Tensor(shape: shape, sizes).cast(to: elementType)
  }

  /// Whether nothing but the type is known.
  var isUnknown: Bool { elements.allSatisfy { $0 == .unknown } }

  private static func follows(_ type: ElementType) -> Bool {
    type == .int64 || type == .int32 || type == .bool
  }
}

extension TensorType {
  /// The sizes, where all are fixed and the elements are no more than `limit`.
  package func smallSizes(limit: Int) -> [Int]? {
    guard let sizes = shape?.sizes, let count = checkedProduct(sizes), count <= limit else { return nil }
    return sizes
  }
}
