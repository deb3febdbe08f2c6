import InfoldSystem

extension Dimension {
  /// The dimension of a result whose operands have `self` and `other` here, under NumPy's rule: a 1 is repeated. `nil`
  /// when they do not fit.
  package func broadcast(with other: Dimension) -> Dimension? {
    switch (self, other) {
    case (.fixed(1), _): other
    case (_, .fixed(1)): self
    case (.fixed(let a), .fixed(let b)): a == b ? self : nil
    case (.fixed, _): self
    case (_, .fixed): other
    case (.symbol(let a), .symbol(let b)) where a == b: self
    default: .unknown
    }
  }

  /// The dimension of a result that has this operand's size, to which `other` is broadcast: equal, or a 1 that is
  /// repeated. `nil` when it does not fit.
  package func broadcast(receiving other: Dimension) -> Dimension? {
    switch other {
    case .fixed(1), .symbol, .unknown: self
    case .fixed: merged(with: other)
    }
  }
}

extension Shape {
  /// The shape of a result whose operands have the shapes `self` and `other`, under NumPy's rule: aligned at the last
  /// dimension, sizes of 1 repeated (ONNX: multidirectional broadcasting).
  /// - Throws: `InfoldError` with `.invalidModel` when they do not fit.
  public func broadcast(with other: Shape) throws(InfoldError) -> Shape {
    let rank = Swift.max(rank, other.rank)
    var result = Shape(unknownOfRank: rank)
    for axis in 0..<rank {
      let a = axis < rank - self.rank ? 1 : self[axis - (rank - self.rank)]
      let b = axis < rank - other.rank ? 1 : other[axis - (rank - other.rank)]
      guard let dimension = a.broadcast(with: b) else {
        throw InfoldError(.invalidModel, "the shapes \(self) and \(other) cannot be broadcast together")
      }
      result[axis] = dimension
    }
    return result
  }

  /// The shape of a result that has this shape, to which `other` is broadcast (ONNX: unidirectional broadcasting).
  /// - Throws: `InfoldError` with `.invalidModel` when it does not fit.
  package func broadcast(receiving other: Shape) throws(InfoldError) -> Shape {
    let mismatch = InfoldError(.invalidModel, "the shape \(other) cannot be broadcast to \(self)")
    guard other.rank <= rank else { throw mismatch }
    var result = self
    for axis in other.indices {
      let place = axis + rank - other.rank
      guard let dimension = self[place].broadcast(receiving: other[axis]) else { throw mismatch }
      result[place] = dimension
    }
    return result
  }
}
