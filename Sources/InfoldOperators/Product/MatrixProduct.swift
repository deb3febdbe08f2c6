import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Computes Y += A · B for row-major matrices: A [rows, inner], B [inner, columns], Y [rows,
/// columns], each at its offset in a span. Integers wrap around.
func addMatrixProduct<Element: NumericElement>(
  _ a: borrowing Span<Element>, at aStart: Int, _ b: borrowing Span<Element>, at bStart: Int,
  rows: Int, inner: Int, columns: Int, into y: inout MutableSpan<Element>, at yStart: Int
) {
  guard columns > 0 else { return }
  for row in 0..<rows {
    for k in 0..<inner {
      addScaled(
        b, from: bStart + k * columns, by: a[aStart + row * inner + k], into: &y, at: yStart + row * columns,
        count: columns)
    }
  }
}

extension Tensor {
  /// Returns the transpose of a matrix of bytes.
  /// - Precondition: The tensor has rank 2 and type int8 or uint8.
  package func transposedBytes() throws(InfoldError) -> Tensor {
    elementType == .int8 ? try transposedMatrix(of: Int8.self) : try transposedMatrix(of: UInt8.self)
  }

  /// Returns the transpose of a matrix.
  /// - Precondition: The tensor has rank 2 and elements of type `Element`.
  func transposedMatrix<Element: NumericElement>(of _: Element.Type) throws(InfoldError) -> Tensor {
    let rows = shape[0], columns = shape[1]
    var result = try Tensor(zeros: [columns, rows], of: elementType)
    try withElements(as: Element.self) { source throws(InfoldError) in
      try result.withMutableSpan(as: Element.self) { result in
        for row in 0..<rows {
          for column in 0..<columns { result[column * rows + row] = source[row * columns + column] }
        }
      }
    }
    return result
  }
}

extension ElementTypeSet {
  /// Returns the element types of matrix products in ONNX: floating point and, since opset 9,
  /// 32-bit and 64-bit integers.
  static func matrices(since version: Int) -> ElementTypeSet {
    version < 9 ? .floatingPoint : ElementTypeSet(floatingPoint.types + [.int32, .int64, .uint32, .uint64])
  }
}
