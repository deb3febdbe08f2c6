/// ONNX CastLike, opsets 15, 19, 21, 23, 24, 25: the elements of the first input in the type of the second, by the rules of
/// `Cast`.
public struct CastLike: Operator {
  public static let name = "CastLike"
  public static let versions = [15, 19, 21, 23, 24, 25]
  public static func arity(since version: Int) -> Arity { Arity(2) }

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    try attributes.readNarrowConversion()
  }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(try inputs.type(1).elementType, try inputs.type(0).shape)]
  }

  public func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [PartialTensor?] {
    [inputs.partial(0)?.cast(to: outputs[0].elementType)]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    // In double precision the second input has been widened already.
    [try inputs[0]!.cast(to: inputs[1]!.elementType)]
  }
}
