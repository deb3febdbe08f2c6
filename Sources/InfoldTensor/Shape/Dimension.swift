/// One dimension of a value's shape, as far as it is known before the model runs.
public enum Dimension: Sendable, Hashable {
  /// A size, ≥ 0.
  case fixed(Int)
  /// A size that is bound when the model runs, the same wherever the name stands (`N`).
  case symbol(String)
  /// A size that is not known, and not said to be equal to any other.
  case unknown
}

extension Dimension {
  /// The size, where it is fixed.
  public var size: Int? {
    if case .fixed(let size) = self { size } else { nil }
  }

  /// What is known when both descriptions are true of one dimension; `nil` when they contradict each other.
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
  /// A fixed size.
  public init(integerLiteral size: Int) {
    self = .fixed(size)
  }

  /// A symbol.
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
