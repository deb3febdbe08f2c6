import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ScatterElements, opsets 11, 13, 16, 18: a copy of `data` in which elements are replaced by, or combined with, updates.
///
/// data [d0, …], indices [i0, …] of int32 or int64, with as many dimensions, and no larger than the data's but along the axis;
/// updates [i0, …]: each index names the element along the axis that its update meets. Negative indices count from the end.
/// `reduction`: none; since opset 16 add and mul; since opset 18 max and min. Updates are applied in their order, so that an
/// element named twice has a defined result; integers wrap around.
package struct ScatterElements: Operator {
  package static let name = "ScatterElements"
  package static let versions = [11, 13, 16, 18]
  package static let compatibleVersions = [13, 16, 18]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// The axis; negative values count from the end.
  package let axis: Int
  /// How an update meets what is there.
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
      throw InfoldError(.invalidModel, "the updates have the shape \(updates), and the indices \(indices)")
    }
    return [data]
  }

  package func namedPositions(_ inputs: OperatorInputs) -> [Int: Int] { inputs.positions(along: axis) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let data = inputs[0]!
    let places = try elementPlaces(inputs[1]!, along: axis, in: data.shape)
    return [try reduction.scatter(inputs[2]!, into: data, at: places, length: 1)]
  }
}
