import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ScatterElements, opsets 11, 13, 16, 18: a copy of `data` with elements replaced by, or
/// combined with, updates.
///
/// data is [d0, …]; indices is [i0, …], int32 or int64, of the same rank and no larger than data
/// except along the axis; updates is [i0, …]. Each index is the position along the axis of the
/// element to update. Negative indices count from the end. `reduction` is none, since opset 16 add
/// or mul, and since opset 18 max or min. Updates are applied in order, so that the result for
/// repeated indices is well defined. Integers wrap around.
package struct ScatterElements: Operator {
  package static let name = "ScatterElements"
  package static let versions = [11, 13, 16, 18]
  package static let compatibleVersions = [13, 16, 18]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// The axis. Negative values count from the end.
  package let axis: Int
  /// How an update is combined with the element.
  package let reduction: ScatterND.Reduction

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? 0
    reduction = try ScatterND.Reduction(&attributes)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let data = try inputs.type(0, of: reduction.elementTypes)
    let indices = try inputs.elementIndices(along: axis)
    try inputs.requireSameElementType([0, 2])
    if let indices, let updates = try inputs.type(2).shape, updates.merged(with: indices) == nil {
      throw InfoldError(.invalidModel, "shape mismatch: the updates are \(updates), but the indices are \(indices)")
    }
    return [data]
  }

  package func indexedPositions(_ inputs: OperatorInputs) -> [Int: Int] { inputs.positions(along: axis) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let data = inputs[0]!
    let places = try elementOffsets(inputs[1]!, along: axis, in: data.shape)
    return [try reduction.scatter(inputs[2]!, into: data, at: places, length: 1)]
  }
}
