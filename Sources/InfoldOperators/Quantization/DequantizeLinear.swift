import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX DequantizeLinear, opsets 10, 13, 19, 21, 23, 24, 25, 28: (x − x_zero_point) · x_scale.
///
/// The scale and the optional zero point apply to all elements, to those at one position along
/// `axis` (opset 13), or to blocks of `block_size` along it (opset 21). The result has the type
/// `output_dtype` (opset 23) or that of the scale, and is rounded once. float8, float6, float4 and
/// 2-bit integers are not supported.
package struct DequantizeLinear: Operator {
  package static let name = "DequantizeLinear"
  package static let versions = [10, 13, 19, 21, 23, 24, 25, 28]
  package static let compatibleVersions = [13, 19, 21, 23, 24, 25]
  package static let family = OperatorFamily.quantization
  package static let widening = Widening.sameFunction
  package static let quantizationRole: QuantizationRole? = .dequantizes
  package static func elementTypes(since version: Int) -> ElementTypeSet {
    ElementTypeSet(ElementTypeSet.quantized(since: version).types + [.int32])
  }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...3) }

  private let grid: QuantizationGrid
  private let outputType: ElementType?
  private let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    grid = try QuantizationGrid(&attributes)
    outputType = attributes.version < 23 ? nil : try attributes.optionalElementType("output_dtype")
    elementTypes = Self.elementTypes(since: attributes.version)
    if let outputType, !outputType.isFloatingPoint {
      throw InfoldError(.invalidModel, "output_dtype is \(outputType) but must be a floating-point type")
    }
  }

  /// The axis of lists of scales and zero points; `nil` if they are scalars or apply to blocks.
  package var listAxis: Int? { grid.listAxis }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: elementTypes)
    let scale = try inputs.type(1, of: .floatingPoint)
    try inputs.requireSameElementType([0, 2])
    try grid.check(inputs)
    return [TensorType(outputType ?? scale.elementType, x.shape)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { grid.axisMapping(inputs) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let scale = inputs[1]!
    let type = context.precision == .double ? .float64 : outputType ?? scale.elementType
    return [try inputs[0]!.dequantized(by: scale, inputs.count > 2 ? inputs[2] : nil, grid, to: type)]
  }
}
