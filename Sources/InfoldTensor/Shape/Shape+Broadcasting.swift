import InfoldSystem

extension Dimension {
  /// Returns the dimension of the result of broadcasting `self` with `other` under NumPy's rule: a
  /// 1 is repeated. Returns `nil` if they are incompatible.
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

  /// Returns the dimension of the result of broadcasting `other` to `self`: `other` must equal it,
  /// or be 1, which is repeated. Returns `nil` if they are incompatible.
  package func broadcast(receiving other: Dimension) -> Dimension? {
    switch other {
    case .fixed(1), .symbol, .unknown: self
    case .fixed: merged(with: other)
    }
  }
}

extension Shape {
  /// Returns the shape of the result of broadcasting `self` with `other` under NumPy's rule: shapes
  /// are aligned at the last dimension, and sizes of 1 are repeated (ONNX: multidirectional
  /// broadcasting).
  /// - Throws: `InfoldError` with `.invalidModel` if the shapes are incompatible.
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

  /// Returns the shape of a result that has this shape when `other` is broadcast to it (ONNX:
  /// unidirectional broadcasting).
  /// - Throws: `InfoldError` with `.invalidModel` if the shapes are incompatible.
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
