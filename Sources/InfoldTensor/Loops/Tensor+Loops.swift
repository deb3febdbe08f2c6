import InfoldSystem

// Loops that call a closure for each element. The overloads for the types of large tensors are
// specialized here once, so that operators need not specialize a loop for each function. The
// generic versions serve the other types.

extension Tensor {
  /// Returns the tensor whose elements `combine` computes from those of `a` and `b`, broadcast
  /// together under NumPy's rule.
  /// - Precondition: `A` and `B` are the Swift types of the tensors' element types.
  package static func broadcasting<A: TensorElement, B: TensorElement, Result: TensorElement>(
    _ a: Tensor, _ b: Tensor, _ combine: (A, B) -> Result
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// Specialized for `Float`.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Float, Float) -> Float
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// Specialized for `Double`.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Double, Double) -> Double
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// Specialized for `Int64`.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Int64, Int64) -> Int64
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// Specialized for `Int32`.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Int32, Int32) -> Int32
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// Specialized for comparisons of `Float`.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Float, Float) -> Bool
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// Specialized for comparisons of `Double`.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Double, Double) -> Bool
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// Specialized for comparisons of `Int64`.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Int64, Int64) -> Bool
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// Specialized for `Bool`.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Bool, Bool) -> Bool
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  @inline(__always)
  private static func combined<A: TensorElement, B: TensorElement, Result: TensorElement>(
    _ a: Tensor, _ b: Tensor, _ combine: (A, B) -> Result
  ) throws(InfoldError) -> Tensor {
    try combinedRows(a, b) { (row, a: Span<A>, b: Span<B>, result: inout MutableSpan<Result>) in
      for i in 0..<row.count {
        result[unchecked: row.result &+ i] = combine(
          a[unchecked: row.a &+ i &* row.strideA], b[unchecked: row.b &+ i &* row.strideB])
      }
    }
  }
}

/// A row of elements that are combined when two tensors are broadcast together. All of it lies
/// within the tensors.
package struct BroadcastRow {
  /// The offsets of the first elements in the result and in the operands.
  package let result, a, b: Int
  /// The number of elements.
  package let count: Int
  /// The operands' strides: 1, or 0 where one element is repeated.
  package let strideA, strideB: Int
}

extension Tensor {
  /// Returns the tensor whose rows `combine` computes from those of `a` and `b`, broadcast together
  /// under NumPy's rule. Use this overload when a loop over a row is many times faster than a call
  /// for each element.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor,
    rows combine: (BroadcastRow, Span<Float>, Span<Float>, inout MutableSpan<Float>) -> Void
  ) throws(InfoldError) -> Tensor {
    try combinedRows(a, b, combine)
  }

  /// Specialized for `Double`.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor,
    rows combine: (BroadcastRow, Span<Double>, Span<Double>, inout MutableSpan<Double>) -> Void
  ) throws(InfoldError) -> Tensor {
    try combinedRows(a, b, combine)
  }

  @inline(__always)
  private static func combinedRows<A: TensorElement, B: TensorElement, Result: TensorElement>(
    _ a: Tensor, _ b: Tensor, _ combine: (BroadcastRow, Span<A>, Span<B>, inout MutableSpan<Result>) -> Void
  ) throws(InfoldError) -> Tensor {
    let loops = try Broadcasting([a.shape, b.shape])
    let count = loops.rowCount, strideA = loops.rowStrides[0], strideB = loops.rowStrides[1]
    var result = try Tensor(zeros: loops.shape, of: Result.elementType)
    try result.withMutableSpan(as: Result.self) { result in
      a.withElements(as: A.self) { a in
        b.withElements(as: B.self) { b in
          loops.forEachRow { start, operands in
            let row = BroadcastRow(
              result: start, a: operands[0], b: operands[1], count: count, strideA: strideA, strideB: strideB)
            precondition(start + count <= result.count)
            precondition(row.a + (count - 1) * strideA < a.count && row.b + (count - 1) * strideB < b.count)
            combine(row, a, b, &result)
          }
        }
      }
    }
    return result
  }
}

extension Tensor {
  /// Returns this tensor reduced to `shape`, which has size 1 along the reduced axes. Each element
  /// of the result starts as `initial` and is combined with the elements that map to it, in
  /// row-major order.
  /// - Precondition: `Element` is the Swift type of this tensor's element type.
  package func reduced<Element: TensorElement, Result: TensorElement>(
    to shape: [Int], from initial: Result, _ combine: (Result, Element) -> Result
  ) throws(InfoldError) -> Tensor {
    try folded(to: shape, from: initial, combine)
  }

  /// Specialized for `Float`.
  package func reduced(
    to shape: [Int], from initial: Float, _ combine: (Float, Float) -> Float
  ) throws(InfoldError) -> Tensor {
    try folded(to: shape, from: initial, combine)
  }

  /// Specialized for `Double`.
  package func reduced(
    to shape: [Int], from initial: Double, _ combine: (Double, Double) -> Double
  ) throws(InfoldError) -> Tensor {
    try folded(to: shape, from: initial, combine)
  }

  /// Specialized for `Int64`.
  package func reduced(
    to shape: [Int], from initial: Int64, _ combine: (Int64, Int64) -> Int64
  ) throws(InfoldError) -> Tensor {
    try folded(to: shape, from: initial, combine)
  }

  @inline(__always)
  private func folded<Element: TensorElement, Result: TensorElement>(
    to shape: [Int], from initial: Result, _ combine: (Result, Element) -> Result
  ) throws(InfoldError) -> Tensor {
    var result = try Tensor(repeating: initial, shape: shape)
    let loops = try Broadcasting([self.shape, shape])
    let count = loops.rowCount, isWithinRows = loops.rowStrides[1] == 0
    try result.withMutableSpan(as: Result.self) { result in
      withElements(as: Element.self) { elements in
        loops.forEachRow { start, places in
          let place = places[1]
          precondition(start + count <= elements.count && place + (isWithinRows ? 1 : count) <= result.count)
          if isWithinRows {
            var reduced = result[place]
            for i in 0..<count { reduced = combine(reduced, elements[unchecked: start &+ i]) }
            result[place] = reduced
          } else {
            for i in 0..<count {
              result[unchecked: place &+ i] = combine(
                result[unchecked: place &+ i], elements[unchecked: start &+ i])
            }
          }
        }
      }
    }
    return result
  }
}

extension Tensor {
  /// Specialized for `Float`.
  package func mapped(_ transform: (Float) -> Float) throws(InfoldError) -> Tensor { try transformed(transform) }

  /// Specialized for `Double`.
  package func mapped(_ transform: (Double) -> Double) throws(InfoldError) -> Tensor { try transformed(transform) }

  /// Specialized for `Int64`.
  package func mapped(_ transform: (Int64) -> Int64) throws(InfoldError) -> Tensor { try transformed(transform) }

  /// Specialized for predicates of `Float`.
  package func mapped(_ transform: (Float) -> Bool) throws(InfoldError) -> Tensor { try transformed(transform) }

  /// Specialized for predicates of `Double`.
  package func mapped(_ transform: (Double) -> Bool) throws(InfoldError) -> Tensor { try transformed(transform) }
}
