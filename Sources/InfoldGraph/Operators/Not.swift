/// ONNX Not, opset 1: whether x is false.
public struct Not: Operator {
  public static let name = "Not"
  public static let versions = [1]
  public static func elementTypes(since version: Int) -> ElementTypeSet { .bool }
  public static func arity(since version: Int) -> Arity { Arity(1) }

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0, of: .bool)]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.mapped { (x: Bool) in !x }]
  }
}
