import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Gather, opsets 1, 11, 13: the slices of `data` along one axis that `indices` select.
///
/// data is [d0, …]; indices is [i0, …], int32 or int64. In the output, the dimensions of indices
/// replace the axis. Negative indices count from the end.
package struct Gather: ElementMovingOperator, MappedOperator {
  package static let name = "Gather"
  package static let versions = [1, 11, 13]
  package static let compatibleVersions = [11, 13]
  package static func arity(since version: Int) -> Arity { Arity(2) }

  /// The axis. Negative values count from the end.
  package let axis: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? 0
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let data = try inputs.type(0)
    let indices = try inputs.type(1, of: .indices)
    guard let shape = data.shape else { return [TensorType(data.elementType, nil)] }
    let axis = try normalizedAxis(axis, rank: shape.rank)
    if let size = shape[axis].size, let constant = inputs.constant(1) {
      for index in try constant.integers() where index < -size || index >= size {
        throw InfoldError(.invalidModel, "the index \(index) is out of bounds for axis \(axis) of the shape \(shape)")
      }
    }
    guard let indexShape = indices.shape else { return [TensorType(data.elementType, nil)] }
    var output = shape
    output.dimensions.replaceSubrange(axis...axis, with: indexShape)
    return [TensorType(data.elementType, output)]
  }

  package func indexedPositions(_ inputs: OperatorInputs) -> [Int: Int] { inputs.positions(along: axis) }

  package func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]? {
    guard let sizes = inputs.sizes(0), let indices = try inputs.constant(1)?.integers() else { return nil }
    let axis = try normalizedAxis(axis, rank: sizes.count)
    let size = sizes[axis], stride = rowMajorStrides(sizes)[axis]
    var map = IndexMap(identityOf: sizes)
    map.axes[axis] = .computed(count: indices.count) { (indices[$0] < 0 ? indices[$0] + size : indices[$0]) * stride }
    return [map]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let indexRank = inputs.types[1]?.shape?.rank,
      let axis = try? normalizedAxis(axis, rank: rank)
    else { return .unknown }
    let ofData = (0..<rank).filter { $0 != axis }.map {
      IndependentAxis(inputs: [$0], outputs: [$0 < axis ? $0 : $0 + indexRank - 1])
    }
    return AxisMapping(ofData + (0..<indexRank).map { IndependentAxis(inputs: [nil, $0], outputs: [axis + $0]) })
  }
}

extension Gather {
  package var quantizedForm: QuantizedForm? { .movement }
}
