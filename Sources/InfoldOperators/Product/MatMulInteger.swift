import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX MatMulInteger, opset 10: the matrix product of 8-bit integers minus their zero points, in
/// int32.
///
/// A is […, M, K], B is […, K, N], and Y is […, M, N], as for MatMul. The optional zero points are
/// scalars, or have one element for each row of A and each column of B: lists, or tensors […, M, 1]
/// and […, 1, N]. Sums wrap around.
package struct MatMulInteger: MatrixProductOperator, AttributelessOperator {
  package static let name = "MatMulInteger"
  package static let versions = [10]
  package static let family = OperatorFamily.product
  package static let quantizationRole: QuantizationRole? = .computes
  package static func elementTypes(since version: Int) -> ElementTypeSet { .bytes }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...4) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let a = try inputs.type(0, of: .bytes).shape, b = try inputs.type(1, of: .bytes).shape
    try inputs.requireSameElementType([0, 2])
    try inputs.requireSameElementType([1, 3])
    try inputs.requireRank(1...Int.max, of: 0)
    try inputs.requireRank(1...Int.max, of: 1)
    try inputs.requireParameters(2, of: 0, along: -2)
    try inputs.requireParameters(3, of: 1, along: -1)
    guard let a, let b else { return [TensorType(.int32, nil)] }
    return [TensorType(.int32, try MatMul.productShape(a, b))]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let a = try inputs[0]!.centered(around: inputs.count > 2 ? inputs[2] : nil, along: -2)
    let b = try inputs[1]!.centered(around: inputs.count > 3 ? inputs[3] : nil, along: -1)
    return [try MatMul.product(a, b, as: Int32.self)]
  }
}
