/// ONNX Identity, opsets 1, 13, 14, 16, 19, 21, 23, 24, 25: the input itself. Sequences and optionals are not supported.
public struct Identity: ElementMovingOperator {
  public static let name = "Identity"
  public static let versions = [1, 13, 14, 16, 19, 21, 23, 24, 25]
  public static func arity(since version: Int) -> Arity { Arity(1) }

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0)]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [inputs[0]]
  }
}
