import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A quantized product of rows with a constant matrix, plus a bias per column. It replaces Gemm, or
/// MatMul of any rank, between DequantizeLinear and QuantizeLinear.
///
/// The inputs are those of QLinearConv: x [*, M, K] with its scale and zero point, w [N, K] with
/// its scale and zero point, each a scalar or a list [N], the scale and zero point of y [*, M, N],
/// and the optional int32 bias [N] in units of x's scale times w's scale. y has the type of its
/// zero point. Products are summed in int32, which wraps around.
package struct QLinearGemm: MatrixProductOperator, AttributelessOperator {
  package static let name = "QLinearGemm"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let family = OperatorFamily.product
  package static let quantizationRole: QuantizationRole? = .computes
  package static func arity(since version: Int) -> Arity { Arity(inputs: 8...9) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let (x, weight, result) = try inputs.quantizedOperands()
    try inputs.requireRank(2...Int.max, of: 0)
    try inputs.requireRank(2...2, of: 3)
    for index in 1...2 { try inputs.requireOneElement(index) }
    for index in 4...5 { try inputs.requireFilterParameters(index, weight: weight.shape) }
    if inputs.has(8) { _ = try inputs.type(8, of: ElementTypeSet([.int32])) }
    guard let x = x.shape, let weight = weight.shape else { return [TensorType(result, nil)] }
    guard x[x.rank - 1].merged(with: weight[1]) != nil else {
      throw InfoldError(.invalidModel, "shape mismatch: the inner sizes of \(x) and \(weight) differ")
    }
    return [TensorType(result, Shape(x.dropLast() + [weight[0]]))]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    let rank = inputs.types.first??.shape?.rank ?? 0
    return .axes(inputs) { $0 < rank - 1 }
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = try inputs[0]!.centered(around: inputs[2], along: -1)
    let weight = try inputs[3]!.centered(around: inputs[5], along: -2)
    var sums = try MatMul.product(x, weight.transposedMatrix(of: Int32.self), as: Int32.self)
    if inputs.count > 8, let bias = inputs[8] {
      sums = try Tensor.broadcasting(sums, bias) { (sum: Int32, bias: Int32) in sum &+ bias }
    }
    let scales = try inputs[4]!.reshaped(to: inputs[4]!.count == 1 ? [] : [inputs[4]!.count])
    let scale = try Tensor.requantizationScale(inputs[1]!.reshaped(to: []), scales, inputs[6]!)
    return [try sums.requantized(by: scale, zeroPoint: inputs[7]!)]
  }
}
