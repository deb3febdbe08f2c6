import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX QLinearMatMul, opsets 10, 21: a quantized matrix product.
///
/// The inputs are a […, M, K] with its scale and zero point, b […, K, N] with its scale and zero
/// point, and the scale and zero point of y […, M, N]. y has the type of its zero point. The scales
/// and zero points of a and b are scalars, or have one element for each row of a and each column of
/// b: lists, or tensors […, M, 1] and […, 1, N]. Those of y are scalars. Products are summed in
/// int32, which wraps around, and scaled in `Double`. float8, which opset 21 allows, is not
/// supported.
package struct QLinearMatMul: MatrixProductOperator, AttributelessOperator {
  package static let name = "QLinearMatMul"
  package static let versions = [10, 21]
  package static let compatibleVersions = [21]
  package static let family = OperatorFamily.product
  package static let quantizationRole: QuantizationRole? = .computes
  package static func elementTypes(since version: Int) -> ElementTypeSet { .bytes }
  package static func arity(since version: Int) -> Arity { Arity(8) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let (a, b, result) = try inputs.quantizedOperands()
    try inputs.requireRank(1...Int.max, of: 0)
    try inputs.requireRank(1...Int.max, of: 3)
    for index in 1...2 {
      try inputs.requireParameters(index, of: 0, along: -2)
      try inputs.requireParameters(index + 3, of: 3, along: -1)
    }
    guard let a = a.shape, let b = b.shape else { return [TensorType(result, nil)] }
    return [TensorType(result, try MatMul.productShape(a, b))]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let tensors = inputs.compactMap(\.self)
    let a = try tensors[0].centered(around: tensors[2], along: -2)
    let b = try tensors[3].centered(around: tensors[5], along: -1)
    let rows = try tensors[1].reshaped(to: parameterShape(tensors[1].shape, along: -2))
    let columns = try tensors[4].reshaped(to: parameterShape(tensors[4].shape, along: -1))
    let scale = try Tensor.requantizationScale(rows, columns, tensors[6])
    return [try MatMul.product(a, b, as: Int32.self).requantized(by: scale, zeroPoint: tensors[7])]
  }
}

extension QLinearMatMul {
  package var quantizedForm: QuantizedForm? { .quantizedProduct }
}
