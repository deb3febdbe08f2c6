import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Flatten, opsets 1, 9, 11, 13, 21, 23, 24, 25: the input as a matrix, [d0 · … · d(axis−1),
/// d(axis) · …].
package struct Flatten: ElementMovingOperator {
  package static let name = "Flatten"
  package static let versions = [1, 9, 11, 13, 21, 23, 24, 25]
  package static let compatibleVersions = [9, 11, 13, 21, 23, 24, 25]
  package static let keepsElements = true
  package static let rearrangesElements = true
  package static func arity(since version: Int) -> Arity { Arity(1) }

  /// The first dimension of the second factor. Negative values count from the end since opset 11.
  package let axis: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? 1
    if attributes.version < 11 { try requireNonNegative(axis) }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    guard let shape = x.shape else { return [TensorType(x.elementType, Shape(unknownOfRank: 2))] }
    let axis = try normalizedAxis(axis, rank: shape.rank, allowsEnd: true)
    return [TensorType(x.elementType, [try .product(shape[..<axis]), try .product(shape[axis...])])]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let sizes = inputs.sizes(0), let result = outputs.first??.shape?.sizes else { return .unknown }
    return AxisMapping(
      AxisMapping.unchangedAxes(from: sizes, to: result).map {
        IndependentAxis(inputs: [$0.input], outputs: [$0.output])
      })
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.reshaped(to: inferredShape(inputs))]
  }
}

extension Flatten {
  package var quantizedForm: QuantizedForm? { .movement }
}
