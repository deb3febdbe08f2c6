/// One dimension of a value's shape: a size, or a dynamic dimension that is known when a run
/// begins.
public enum Dimension: Sendable, Hashable {
  /// A size, ≥ 0.
  case fixed(Int)
  /// A dynamic dimension with a name, such as `N`. Equal names mean equal sizes.
  case symbol(String)
  /// A dynamic dimension without a name. It need not equal any other.
  case unknown
}

extension Dimension {
  /// The size if it is fixed, or `nil`.
  public var size: Int? {
    if case .fixed(let size) = self { size } else { nil }
  }

  /// Returns the dimension that satisfies both descriptions, or `nil` if they contradict each
  /// other.
  public func merged(with other: Dimension) -> Dimension? {
    switch (self, other) {
    case (.fixed(let a), .fixed(let b)): a == b ? self : nil
    case (.fixed, _), (.symbol, .unknown): self
    case (_, .fixed), (.unknown, _): other
    case (.symbol, .symbol): self
    }
  }
}

extension Dimension: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  /// Creates a fixed size.
  public init(integerLiteral size: Int) {
    self = .fixed(size)
  }

  /// Creates a symbol.
  public init(stringLiteral name: String) {
    self = .symbol(name)
  }
}

extension Dimension: CustomStringConvertible {
  public var description: String {
    switch self {
    case .fixed(let size): String(size)
    case .symbol(let name): String(printable: name)
    case .unknown: "?"
    }
  }
}
