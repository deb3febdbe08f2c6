/// The dimensions of a value, as far as they are known before the model runs: `["N", 3, 224, 224]`.
public struct Shape: Sendable, Hashable {
  /// The dimensions, outermost first. Empty for a scalar.
  public var dimensions: [Dimension]

  /// The most dimensions that a tensor of a model may have.
  public static let maximumRank = 64

  /// A shape with these dimensions.
  public init(_ dimensions: some Sequence<Dimension>) {
    self.dimensions = Array(dimensions)
  }

  /// A shape of fixed sizes.
  public init(_ sizes: [Int]) {
    dimensions = sizes.map(Dimension.fixed)
  }

  /// A shape of `rank` dimensions of which nothing is known.
  public init(unknownOfRank rank: Int) {
    dimensions = Array(repeating: .unknown, count: rank)
  }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// The sizes, where all of them are fixed.
  public var sizes: [Int]? {
    let sizes = dimensions.compactMap(\.size)
    return sizes.count == rank ? sizes : nil
  }

  /// Whether a tensor of these sizes has the shape, as far as it is known.
  package func admits(_ sizes: [Int]) -> Bool {
    rank == sizes.count && zip(self, sizes).allSatisfy { $0.size == nil || $0.size == $1 }
  }

  /// What is known when both are true of one value; `nil` when they contradict each other.
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
  /// A shape of these dimensions.
  public init(arrayLiteral dimensions: Dimension...) {
    self.dimensions = dimensions
  }
}

extension Shape: CustomStringConvertible {
  public var description: String { "[" + dimensions.map(\.description).joined(separator: ", ") + "]" }
}
