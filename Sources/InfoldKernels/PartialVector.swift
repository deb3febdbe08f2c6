extension Vector {
  /// The `count` elements from `pointer` on, then `fill`; all if there are as many.
  @inline(__always)
  init(at pointer: UnsafePointer<Float>, count: Int, fill: Float = 0) {
    if count >= Self.scalarCount {
      self.init(at: pointer)
    } else {
      self.init(repeating: fill)
      for lane in 0..<(Self.scalarCount - 1) where lane < count { self[lane] = pointer[lane] }
    }
  }

  /// Writes the first `count` elements; all if there are as many.
  @inline(__always)
  func store(at pointer: UnsafeMutablePointer<Float>, count: Int) {
    if count >= Self.scalarCount { return store(at: pointer) }
    for lane in 0..<(Self.scalarCount - 1) where lane < count { pointer[lane] = self[lane] }
  }

  /// Writes the last `count` elements to where they would stand if all were written from `pointer` on.
  @inline(__always)
  func storeLast(_ count: Int, at pointer: UnsafeMutablePointer<Float>) {
    if count >= Self.scalarCount { return store(at: pointer) }
    for lane in 1..<Self.scalarCount where lane >= Self.scalarCount - count { pointer[lane] = self[lane] }
  }
}

extension Vector {
  /// The first halves of two vectors in turns, and the second ones.
  @inline(__always)
  static func interleaved(_ a: Vector, _ b: Vector) -> (Vector, Vector) {
    var (low, high) = (a, b)
    low.evenHalf = a.lowHalf
    low.oddHalf = b.lowHalf
    high.evenHalf = a.highHalf
    high.oddHalf = b.highHalf
    return (low, high)
  }
}

/// Goes through a row by vectors: calls `body` with the place of each one's first element, and how many elements it has.
@inline(always)
func forEachVector(of length: Int, _ body: (Int, Int) -> Void) {
  var index = 0
  while index <= length - Vector.scalarCount {
    body(index, Vector.scalarCount)
    index += Vector.scalarCount
  }
  if index < length { body(index, length - index) }
}
