import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX QLinearConv, opset 10: a quantized convolution.
///
/// The inputs are x [N, C, D1, …] with its scale and zero point, w [M, C / group, k1, …] with its
/// scale and zero point, the scale and zero point of y [N, M, O1, …], and the optional int32 bias B
/// [M] in units of x's scale times w's scale. y has the type of its zero point. The scale and zero
/// point of w are scalars or lists [M], all others scalars. Products are summed in int32, which
/// wraps around, and scaled in `Double`.
package struct QLinearConv: IntegerConvolution {
  package static let name = "QLinearConv"
  package static let versions = [10]
  package static let family = OperatorFamily.product
  package static let quantizationRole: QuantizationRole? = .computes
  package static func elementTypes(since version: Int) -> ElementTypeSet { .bytes }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 8...9) }

  static let weightInput = 3

  /// The convolution.
  package let convolution: Conv

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let result = try inputs.quantizedOperands().result
    let (x, weight) = try operandShapes(inputs)
    try inputs.requireRank(1...1, of: 8)
    for index in 1...2 { try inputs.requireOneElement(index) }
    for index in 4...5 { try inputs.requireFilterParameters(index, weight: weight) }
    let bias = inputs.has(8) ? try inputs.type(8, of: ElementTypeSet([.int32])).shape : nil
    return [TensorType(result, try convolution.outputShape(x, weight, bias: bias))]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let rank = inputs[0]!.shape.count
    let x = try inputs[0]!.centered(around: inputs[2], along: -1)
    let weight = try inputs[3]!.centered(around: inputs[5], along: -rank)
    let filterScales = try inputs[4]!.reshaped(to: parameterShape(inputs[4]!.shape, along: 1 - rank))
    let xScale = try inputs[1]!.reshaped(to: [])
    let scale = try Tensor.requantizationScale(xScale, filterScales, inputs[6]!)
    return [
      try convolution.convolved(x, weight, bias: inputs.count > 8 ? inputs[8] : nil, as: Int32.self)
        .requantized(by: scale, zeroPoint: inputs[7]!)
    ]
  }
}
