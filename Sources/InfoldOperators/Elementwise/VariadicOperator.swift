import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An element-wise operator of one or more inputs.
public protocol VariadicOperator: Operator {
  /// The element types that the operator accepts. All inputs have the same type.
  static var elementTypes: ElementTypeSet { get }
  /// How the inputs are broadcast.
  var broadcast: BroadcastRule { get }
}

extension VariadicOperator {
  public static var family: OperatorFamily { .arithmetic }

  public static var widening: Widening { .sameFunction }

  /// Opset 8 added broadcasting. Apart from that, versions of ONNX's operators since opset 7 only
  /// added element types.
  public static var compatibleVersions: [Int] { versions.dropFirst().filter { $0 > 6 } }

  public static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }

  public static func arity(since version: Int) -> Arity { Arity(inputs: 1...Arity.any) }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    for index in inputs.types.indices where !inputs.has(index) {
      throw InfoldError(.invalidModel, "missing input \(index): every input is required")
    }
    var result = try inputs.type(0, of: Self.elementTypes)
    try inputs.requireSameElementType(inputs.types.indices)
    for index in inputs.types.indices.dropFirst() {
      result.shape = try broadcast.resultShape(result.shape, try inputs.type(index).shape)
    }
    return [result]
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .broadcast(inputs, to: outputs.first ?? nil)
  }

  /// Combines the inputs pairwise, from first to last.
  func combined(
    _ inputs: [Tensor?], _ combine: (Tensor, Tensor) throws(InfoldError) -> Tensor
  ) throws(InfoldError) -> Tensor {
    var result = inputs[0]!
    for input in inputs.dropFirst() { result = try combine(result, input!) }
    return result
  }
}
