import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX QuantizeLinear, opsets 10, 13, 19, 21, 23, 24, 25, 28: x ÷ y_scale, rounded to nearest with
/// ties to even, plus y_zero_point, clamped to the range of the type.
///
/// The scale and the optional zero point apply to all elements, to those at one position along
/// `axis` (opset 13), or to blocks of `block_size` along it (opset 21). The result has the zero
/// point's type, `output_dtype`, or uint8. The quotient is rounded to the type selected by
/// `precision` (opset 23), by default that of the scale. float8, float6, float4 and 2-bit integers
/// are not supported; `saturate` affects only conversions to float8.
package struct QuantizeLinear: Operator {
  package static let name = "QuantizeLinear"
  package static let versions = [10, 13, 19, 21, 23, 24, 25, 28]
  package static let compatibleVersions = [13, 19, 21, 23, 24, 25]
  package static let family = OperatorFamily.quantization
  package static let quantizationRole: QuantizationRole? = .quantizes
  package static func elementTypes(since version: Int) -> ElementTypeSet {
    ElementTypeSet(ElementTypeSet.floatingPoint.types + [.int32])
  }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...3) }

  private let grid: QuantizationGrid
  private let outputType: ElementType?
  private let precision: ElementType?
  private let quantizedTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    grid = try QuantizationGrid(&attributes)
    if version >= 19 { _ = try attributes.flag("saturate", default: true) }
    outputType = version < 21 ? nil : try attributes.optionalElementType("output_dtype")
    precision = version < 23 ? nil : try attributes.optionalElementType("precision")
    quantizedTypes = .quantized(since: version)
    if let outputType, !quantizedTypes.contains(outputType) {
      throw InfoldError(
        .unsupported, "unsupported element type: output_dtype is \(outputType); supported are \(quantizedTypes)")
    }
    if let precision, !precision.isFloatingPoint {
      throw InfoldError(.invalidModel, "precision is \(precision) but must be a floating-point type")
    }
  }

  /// The axis of lists of scales and zero points; `nil` if they are scalars or apply to blocks.
  package var listAxis: Int? { grid.listAxis }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: Self.elementTypes(since: 28))
    _ = try inputs.type(1, of: Self.elementTypes(since: 28))
    let zeroPointType = inputs.has(2) ? try inputs.type(2, of: quantizedTypes).elementType : nil
    if let zeroPointType, let outputType, zeroPointType != outputType {
      throw InfoldError(.invalidModel, "output_dtype is \(outputType), but the zero point is of type \(zeroPointType)")
    }
    try grid.check(inputs)
    return [TensorType(zeroPointType ?? outputType ?? .uint8, x.shape)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { grid.axisMapping(inputs) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!, scale = inputs[1]!, zeroPoint = inputs.count > 2 ? inputs[2] : nil
    let type = zeroPoint?.elementType ?? outputType ?? .uint8
    let named = precision ?? (scale.elementType.isFloatingPoint ? scale.elementType : .float32)
    let rounded = context.precision == .double ? .float64 : named
    return [try x.quantized(by: scale, zeroPoint, grid, to: type, rounded: rounded)]
  }
}
