import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Det, opsets 11, 22: the determinants of square matrices. X is [*, M, M]; Y is [*]. The
/// determinant of an empty matrix is 1.
///
/// Computed in `Double`, by Gaussian elimination with partial pivoting.
package struct Det: StandardFloatingPointOperator, AttributelessOperator {
  package static let name = "Det"
  package static let versions = [11, 22]
  package static let compatibleVersions = [22]
  package static let family = OperatorFamily.product
  package static func arity(since version: Int) -> Arity { Arity(1) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireRank(2...Int.max, of: 0)
    guard let shape = x.shape else { return [x] }
    guard shape[shape.rank - 1].merged(with: shape[shape.rank - 2]) != nil else {
      throw InfoldError(.invalidModel, "the matrices of the input \(shape) are not square")
    }
    return [TensorType(x.elementType, Shape(shape.dropLast(2)))]
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let size = inputs[0]!.shape.last!
    let numbers: [Double] = try inputs[0]!.converted(to: .float64).elements()
    var y = try Tensor(zeros: try inferredShape(inputs), of: Element.elementType)
    try y.withMutableSpan(as: Element.self) { y in
      for index in y.indices {
        let first = index * size * size
        var matrix = Array(numbers[first..<(first + size * size)])
        y[index] = Element(matrix.withUnsafeMutableBufferPointer { Self.determinant(&$0, size) })
      }
    }
    return [y]
  }

  /// Returns the determinant of a matrix and overwrites its elements.
  package static func determinant(_ a: inout UnsafeMutableBufferPointer<Double>, _ size: Int) -> Double {
    var determinant = 1.0
    for column in 0..<size {
      var pivot = column
      for row in column..<size where a[row * size + column].magnitude > a[pivot * size + column].magnitude {
        pivot = row
      }
      if pivot != column {
        for index in 0..<size { a.swapAt(pivot * size + index, column * size + index) }
        determinant.negate()
      }
      let diagonal = a[column * size + column]
      determinant *= diagonal
      if diagonal == 0 { return determinant }
      for row in (column + 1)..<max(size, column + 1) {
        let factor = a[row * size + column] / diagonal
        for index in column..<size { a[row * size + index] -= factor * a[column * size + index] }
      }
    }
    return determinant
  }
}
