import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX NonZero, opsets 9, 13: the positions of the nonzero elements. NaN is nonzero.
///
/// X is [d1, …, dr]; Y is [r, K], int64. Each column holds the position of one element along every
/// dimension, in row-major order.
package struct NonZero: Operator, AttributelessOperator {
  package static let name = "NonZero"
  package static let versions = [9, 13]
  package static let compatibleVersions = [13]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(1) }

  private static let piece = 64

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let rank = try inputs.type(0).shape?.rank
    return [TensorType(.int64, [rank.map(Dimension.fixed) ?? .unknown, .unknown])]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let shape = inputs[0]!.shape
    let isSet = try inputs[0]!.cast(to: .bool)
    let count = isSet.withElements(as: Bool.self) { isSet in
      var count = 0
      for index in isSet.indices { count += isSet[unchecked: index] ? 1 : 0 }
      return count
    }
    var y = try Tensor(zeros: [shape.count, count], of: .int64)
    // Rows of the last dimension are scanned one at a time, so that positions along the other axes
    // are computed once per row.
    let row = max(shape.last ?? 1, 1), outer = Array(shape.dropLast()), strides = rowMajorStrides(outer)
    try isSet.withElements(as: Bool.self) { isSet throws(InfoldError) in
      try y.withMutableSpan(as: Int64.self) { y in
        var column = 0
        for start in stride(from: 0, to: isSet.count, by: row) {
          let first = column
          // Masks are mostly zero, and testing a piece for zeros takes only a vector or two.
          for piece in stride(from: 0, to: row, by: Self.piece) {
            let end = min(piece + Self.piece, row)
            var found = 0
            for index in piece..<end { found &+= isSet[unchecked: start &+ index] ? 1 : 0 }
            guard found > 0 else { continue }
            for index in piece..<end where isSet[unchecked: start &+ index] {
              if !shape.isEmpty { y[outer.count * count + column] = Int64(index) }
              column += 1
            }
          }
          guard column > first else { continue }
          for axis in outer.indices {
            let position = Int64(start / row / strides[axis] % outer[axis])
            for place in first..<column { y[axis * count + place] = position }
          }
        }
      }
    }
    return [y]
  }
}
