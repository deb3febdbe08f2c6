import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX GatherElements, opsets 11, 13: the elements of `data` that `indices` select along one axis.
///
/// data is [d0, …]; indices is [i0, …], int32 or int64, of the same rank and no larger than data
/// except along the axis. The output has the shape of indices. Negative indices count from the end.
package struct GatherElements: ElementMovingOperator {
  package static let name = "GatherElements"
  package static let versions = [11, 13]
  package static let compatibleVersions = [13]
  package static func arity(since version: Int) -> Arity { Arity(2) }

  /// The axis. Negative values count from the end.
  package let axis: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? 0
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(try inputs.type(0).elementType, try inputs.elementIndices(along: axis))]
  }

  package func indexedPositions(_ inputs: OperatorInputs) -> [Int: Int] { inputs.positions(along: axis) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let data = inputs[0]!, indices = inputs[1]!
    let places = try elementOffsets(indices, along: axis, in: data.shape)
    let map = IndexMap(axes: [.computed(count: places.count) { places[$0] }])
    return [try map.apply(to: data).reshaped(to: indices.shape)]
  }
}
