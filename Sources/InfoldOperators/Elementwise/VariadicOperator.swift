import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that computes each element from those in the same place of any number of inputs, one at least.
public protocol VariadicOperator: Operator {
  /// The element types that it accepts; all inputs have the same.
  static var elementTypes: ElementTypeSet { get }
  /// How the inputs' shapes are brought together.
  var broadcast: BroadcastRule { get }
}

extension VariadicOperator {
  public static var family: OperatorFamily { .arithmetic }

  public static var widening: Widening { .sameFunction }

  /// Opset 8 let shapes differ; otherwise, new versions of ONNX's operators take other element types since opset 7.
  public static var compatibleVersions: [Int] { versions.dropFirst().filter { $0 > 6 } }

  public static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }

  public static func arity(since version: Int) -> Arity { Arity(inputs: 1...Arity.any) }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    for index in inputs.types.indices where !inputs.has(index) {
      throw InfoldError(.invalidModel, "input \(index) is left out; every input must be there")
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

  /// The inputs, combined one after the other.
  func combined(
    _ inputs: [Tensor?], _ combine: (Tensor, Tensor) throws(InfoldError) -> Tensor
  ) throws(InfoldError) -> Tensor {
    var result = inputs[0]!
    for input in inputs.dropFirst() { result = try combine(result, input!) }
    return result
  }
}
