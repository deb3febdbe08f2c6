/// The dimensions of a value, fixed or dynamic: `["N", 3, 224, 224]`.
public struct Shape: Sendable, Hashable {
  /// The dimensions, outermost first. Empty for a scalar.
  public var dimensions: [Dimension]

  /// The largest rank that a tensor of a model may have.
  public static let maximumRank = 64

  /// Creates a shape from dimensions.
  public init(_ dimensions: some Sequence<Dimension>) {
    self.dimensions = Array(dimensions)
  }

  /// Creates a shape of fixed sizes.
  public init(_ sizes: [Int]) {
    dimensions = sizes.map(Dimension.fixed)
  }

  /// Creates a shape of `rank` unknown dimensions.
  public init(unknownOfRank rank: Int) {
    dimensions = Array(repeating: .unknown, count: rank)
  }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// The sizes if all of them are fixed, or `nil`.
  public var sizes: [Int]? {
    let sizes = dimensions.compactMap(\.size)
    return sizes.count == rank ? sizes : nil
  }

  /// Returns whether a tensor with these sizes matches the shape.
  package func admits(_ sizes: [Int]) -> Bool {
    rank == sizes.count && zip(self, sizes).allSatisfy { $0.size == nil || $0.size == $1 }
  }

  /// Returns the shape that satisfies both descriptions, or `nil` if they contradict each other.
  public func merged(with other: Shape) -> Shape? {
    guard rank == other.rank else { return nil }
    var merged: [Dimension] = []
    for (a, b) in zip(dimensions, other.dimensions) {
      guard let dimension = a.merged(with: b) else { return nil }
      merged.append(dimension)
    }
    return Shape(merged)
  }
}

extension Shape: RandomAccessCollection, MutableCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { dimensions.count }
  public subscript(axis: Int) -> Dimension {
    get { dimensions[axis] }
    set { dimensions[axis] = newValue }
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// Creates a shape from dimensions.
  public init(arrayLiteral dimensions: Dimension...) {
    self.dimensions = dimensions
  }
}

extension Shape: CustomStringConvertible {
  public var description: String { "[" + dimensions.map(\.description).joined(separator: ", ") + "]" }
}
