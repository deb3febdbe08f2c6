import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX NonZero, opsets 9, 13: where the elements are that are not zero; NaN is none.
///
/// X [d1, …, dr]; Y [r, K] of int64: a column for each element, in row-major order, with its position along every dimension.
package struct NonZero: Operator, AttributelessOperator {
  package static let name = "NonZero"
  package static let versions = [9, 13]
  package static let compatibleVersions = [13]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(1) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let rank = try inputs.type(0).shape?.rank
    return [TensorType(.int64, [rank.map(Dimension.fixed) ?? .unknown, .unknown])]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let shape = inputs[0]!.shape
    let strides = rowMajorStrides(shape)
    let places = try inputs[0]!.cast(to: .bool).withElements(as: Bool.self) { isSet in
      isSet.indices.filter { isSet[$0] }
    }
    var y = try Tensor(zeros: [shape.count, places.count], of: .int64)
    try y.withMutableSpan(as: Int64.self) { y in
      for axis in shape.indices {
        for (column, place) in places.enumerated() {
          y[axis * places.count + column] = Int64(place / strides[axis] % shape[axis])
        }
      }
    }
    return [y]
  }
}
