import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ConstantOfShape, opsets 9, 20, 21, 23, 24, 25: a tensor of the shape given by the input,
/// filled with one value.
package struct ConstantOfShape: Operator {
  package static let name = "ConstantOfShape"
  package static let versions = [9, 20, 21, 23, 24, 25]
  package static let compatibleVersions = [20, 21, 23, 24, 25]
  package static func arity(since version: Int) -> Arity { Arity(1) }

  /// The value, a tensor of one element. By default, a float32 0.
  package let value: Tensor

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let given = try attributes.tensor("value")
    value = if let given { given } else { try Tensor(scalar: Float(0)) }
    guard value.count == 1 else {
      throw InfoldError(
        .invalidModel, "the attribute \"value\" has \(counted(value.count, "element")) but must have one")
    }
    guard ElementTypeSet.all.contains(value.elementType) else {
      throw InfoldError(.unsupported, "unsupported element type \(value.elementType) of the attribute \"value\"")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let wanted = try inputs.dimensions(0)
    for size in wanted?.compactMap(\.size) ?? [] where size < 0 {
      throw InfoldError(.invalidModel, "the shape to fill has the negative size \(size)")
    }
    return [TensorType(value.elementType, wanted.map { Shape($0) })]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try IndexMap(axes: inferredShape(inputs).map { .strided(count: $0, by: 0) }).apply(to: value)]
  }
}
