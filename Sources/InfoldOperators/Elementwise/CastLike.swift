import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX CastLike, opsets 15, 19, 21, 23, 24, 25: the first input converted to the type of the
/// second, as by `Cast`.
package struct CastLike: Operator {
  package static let name = "CastLike"
  package static let versions = [15, 19, 21, 23, 24, 25]
  package static let compatibleVersions = [19, 21, 23, 24, 25]
  package static let family = OperatorFamily.arithmetic
  package static let widening = Widening.conversion
  package static func elementTypes(since version: Int) -> ElementTypeSet { .castable(since: version) }
  package static func arity(since version: Int) -> Arity { Arity(2) }

  private let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    elementTypes = Self.elementTypes(since: attributes.version)
    try attributes.readNarrowConversion()
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(try inputs.type(1, of: elementTypes).elementType, try inputs.type(0, of: elementTypes).shape)]
  }

  package func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [SymbolicTensor?] {
    [inputs.partial(0)?.cast(to: outputs[0].elementType)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    // With double precision, the second input has been widened already.
    [try inputs[0]!.casting(to: inputs[1]!.elementType)]
  }
}
