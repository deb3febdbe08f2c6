import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Size, opsets 1, 13, 19, 21, 23, 24, 25: the number of elements of the input as an int64
/// scalar.
package struct Size: Operator, AttributelessOperator {
  package static let name = "Size"
  package static let versions = [1, 13, 19, 21, 23, 24, 25]
  package static let compatibleVersions = [13, 19, 21, 23, 24, 25]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static let followsFromShapes = true
  package static func arity(since version: Int) -> Arity { Arity(1) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    _ = try inputs.type(0)
    return [TensorType(.int64, [])]
  }

  package func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [SymbolicTensor?] {
    guard let shape = inputs.types[0]?.shape else { return [] }
    return [SymbolicTensor(.int64, shape: [], [try .product(shape)])]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try Tensor(scalar: Int64(inputs[0]!.count))]
  }
}
