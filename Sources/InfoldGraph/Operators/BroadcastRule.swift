import InfoldSystem
import InfoldTensor

/// How the shapes of a binary operator's operands are brought together, by opset.
public enum BroadcastRule: Sendable, Hashable {
  /// Both have the same shape (opsets 1 and 6, and Sum, Max, Min and Mean there).
  case equalShapes
  /// The second has some consecutive dimensions of the first, from `axis` on, or the last ones when there is no axis, or
  /// one element (opsets 1 and 6 with `broadcast` = 1).
  case legacy(axis: Int?)
  /// NumPy's rule (opset 7 and later).
  case multidirectional
  /// NumPy's rule, and the result has the first operand's shape.
  case unidirectional

  /// Reads the attributes `broadcast` and `axis`, which operators had before opset 7.
  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    guard attributes.version < 7 else {
      self = .multidirectional
      return
    }
    let broadcasts = try attributes.flag("broadcast")
    let axis = try attributes.int("axis")
    self = broadcasts ? .legacy(axis: axis) : .equalShapes
  }

  /// The shape of the result, as far as it is known.
  /// - Throws: `InfoldError` with `.invalidModel` when the operands do not fit.
  public func resultShape(_ a: Shape?, _ b: Shape?) throws(InfoldError) -> Shape? {
    switch self {
    case .equalShapes:
      guard let a, let b else { return a ?? b }
      guard let shape = a.merged(with: b) else {
        throw InfoldError(.invalidModel, "the shapes \(a) and \(b) must be equal, because nothing is broadcast")
      }
      return shape
    case .legacy:
      guard let a, let b else { return a }
      return try a.broadcast(receiving: try aligned(b, to: a))
    case .multidirectional:
      guard let a, let b else { return nil }
      return try a.broadcast(with: b)
    case .unidirectional:
      guard let a, let b else { return a }
      return try a.broadcast(receiving: b)
    }
  }

  /// The second operand, under the shape with which NumPy's rule does what this rule wants.
  /// - Precondition: `resultShape` has accepted the operands.
  package func aligned(_ b: Tensor, to a: Tensor) throws(InfoldError) -> Tensor {
    guard let sizes = try aligned(Shape(b.shape), to: Shape(a.shape)).sizes else { return b }
    return try b.reshaped(to: sizes)
  }

  /// The second operand's shape, such that NumPy's rule does with it what this rule wants.
  package func aligned(_ b: Shape, to a: Shape) throws(InfoldError) -> Shape {
    guard case .legacy(let axis?) = self, !b.allSatisfy({ $0 == 1 }) else { return b }
    let first = try normalizedAxis(axis, rank: a.rank)
    guard b.rank <= a.rank - first else {
      throw InfoldError(.invalidModel, "the shape \(b), from axis \(first) on, does not fit into \(a)")
    }
    return Shape(b.dimensions + Array(repeating: 1, count: a.rank - first - b.rank))
  }
}
