import InfoldSystem
import InfoldTensor

/// How an operator broadcasts its operands. The rule depends on the opset.
public enum BroadcastRule: Sendable, Hashable {
  /// No broadcasting: the shapes must be equal (opsets 1 and 6, also for Sum, Max, Min and Mean).
  case equalShapes
  /// The second operand has one element, or consecutive dimensions of the first, beginning at
  /// `axis` or ending at the last one if there is no `axis` (opsets 1 and 6 with `broadcast` = 1).
  case legacy(axis: Int?)
  /// NumPy broadcasting (opset 7 and later).
  case multidirectional
  /// NumPy broadcasting of the second operand to the shape of the first.
  case unidirectional

  /// Reads the attributes `broadcast` and `axis` of operators before opset 7.
  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    guard attributes.version < 7 else {
      self = .multidirectional
      return
    }
    let broadcasts = try attributes.flag("broadcast")
    let axis = try attributes.int("axis")
    self = broadcasts ? .legacy(axis: axis) : .equalShapes
  }

  /// Returns the shape of the result, as far as it is known.
  /// - Throws: `InfoldError.Code.invalidModel` if the operands cannot be broadcast.
  public func resultShape(_ a: Shape?, _ b: Shape?) throws(InfoldError) -> Shape? {
    switch self {
    case .equalShapes:
      guard let a, let b else { return a ?? b }
      guard let shape = a.merged(with: b) else {
        throw InfoldError(
          .invalidModel, "shape mismatch: \(a) and \(b) must be equal because the operator does not broadcast")
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

  /// Returns the second operand in the shape for which NumPy broadcasting implements this rule.
  /// - Precondition: `resultShape` has accepted the operands.
  package func aligned(_ b: Tensor, to a: Tensor) throws(InfoldError) -> Tensor {
    guard let sizes = try aligned(Shape(b.shape), to: Shape(a.shape)).sizes else { return b }
    return try b.reshaped(to: sizes)
  }

  /// Returns the shape of the second operand for which NumPy broadcasting implements this rule.
  package func aligned(_ b: Shape, to a: Shape) throws(InfoldError) -> Shape {
    guard case .legacy(let axis?) = self, !b.allSatisfy({ $0 == 1 }) else { return b }
    let first = try normalizedAxis(axis, rank: a.rank)
    guard b.rank <= a.rank - first else {
      throw InfoldError(.invalidModel, "shape mismatch: \(b), aligned at axis \(first), does not fit into \(a)")
    }
    return Shape(b.dimensions + Array(repeating: 1, count: a.rank - first - b.rank))
  }
}
