import InfoldSystem

// Loops that call a function for each element. Those over the types that large tensors have are compiled here, once, and not in every
// operator for its function: operators pass closures to them. The generic ones serve the other types.

extension Tensor {
  /// A tensor whose elements are computed from those of `a` and `b`, broadcast together under NumPy's rule.
  /// - Precondition: `A` and `B` stand for the tensors' element types.
  package static func broadcasting<A: TensorElement, B: TensorElement, Result: TensorElement>(
    _ a: Tensor, _ b: Tensor, _ combine: (A, B) -> Result
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// As the generic one.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Float, Float) -> Float
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// As the generic one.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Double, Double) -> Double
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// As the generic one.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Int64, Int64) -> Int64
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// As the generic one.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Int32, Int32) -> Int32
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// As the generic one.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Float, Float) -> Bool
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// As the generic one.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Double, Double) -> Bool
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// As the generic one.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor, _ combine: (Int64, Int64) -> Bool
  ) throws(InfoldError) -> Tensor {
    try combined(a, b, combine)
  }

  /// As the generic one.
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

/// A row of elements that meet when two tensors are broadcast together. All of it lies within the tensors.
package struct BroadcastRow {
  /// The places of the first elements, in the result and in the operands.
  package let result, a, b: Int
  /// The number of elements.
  package let count: Int
  /// How far apart the operands' elements are: 1, or 0 where one element is repeated.
  package let strideA, strideB: Int
}

extension Tensor {
  /// A tensor whose rows are computed from those of `a` and `b`, broadcast together under NumPy's rule: for functions of which a loop
  /// of its own is many times faster than a call for each element.
  package static func broadcasting(
    _ a: Tensor, _ b: Tensor,
    rows combine: (BroadcastRow, Span<Float>, Span<Float>, inout MutableSpan<Float>) -> Void
  ) throws(InfoldError) -> Tensor {
    try combinedRows(a, b, combine)
  }

  /// As that of `Float`.
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
  /// This tensor reduced to `shape`, which has sizes of 1 where it is reduced: each element of the result is `initial`,
  /// combined with every element that falls on it, in row-major order.
  /// - Precondition: `Element` stands for this tensor's type.
  package func reduced<Element: TensorElement, Result: TensorElement>(
    to shape: [Int], from initial: Result, _ combine: (Result, Element) -> Result
  ) throws(InfoldError) -> Tensor {
    try folded(to: shape, from: initial, combine)
  }

  /// As the generic one.
  package func reduced(
    to shape: [Int], from initial: Float, _ combine: (Float, Float) -> Float
  ) throws(InfoldError) -> Tensor {
    try folded(to: shape, from: initial, combine)
  }

  /// As the generic one.
  package func reduced(
    to shape: [Int], from initial: Double, _ combine: (Double, Double) -> Double
  ) throws(InfoldError) -> Tensor {
    try folded(to: shape, from: initial, combine)
  }

  /// As the generic one.
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
  /// As the generic one.
  package func mapped(_ transform: (Float) -> Float) throws(InfoldError) -> Tensor { try transformed(transform) }

  /// As the generic one.
  package func mapped(_ transform: (Double) -> Double) throws(InfoldError) -> Tensor { try transformed(transform) }

  /// As the generic one.
  package func mapped(_ transform: (Int64) -> Int64) throws(InfoldError) -> Tensor { try transformed(transform) }

  /// As the generic one.
  package func mapped(_ transform: (Float) -> Bool) throws(InfoldError) -> Tensor { try transformed(transform) }

  /// As the generic one.
  package func mapped(_ transform: (Double) -> Bool) throws(InfoldError) -> Tensor { try transformed(transform) }
}
