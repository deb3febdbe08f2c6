import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX GatherND, opsets 11, 12, 13: the slices of `data` that tuples of indices select.
///
/// data is [d1, …, dr]; indices is [i1, …, k], int64. Both share the first `batch_dims` dimensions
/// (opset 12). Each tuple of k indices selects a slice along the next k dimensions of data. The
/// output is [i1, …, d(batch_dims + k + 1), …, dr]. Negative indices count from the end.
package struct GatherND: ElementMovingOperator {
  package static let name = "GatherND"
  package static let versions = [11, 12, 13]
  package static let compatibleVersions = [12, 13]
  package static func arity(since version: Int) -> Arity { Arity(2) }

  /// The number of leading dimensions that both inputs share.
  package let batchRank: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    batchRank = attributes.version < 12 ? 0 : try attributes.int("batch_dims") ?? 0
    guard batchRank >= 0 else {
      throw InfoldError(.invalidModel, "batch_dims is \(batchRank) but must not be negative")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let data = try inputs.type(0)
    let indices = try inputs.type(1, of: .int64).shape
    for shape in [data.shape, indices].compactMap(\.self) where shape.rank <= batchRank {
      throw InfoldError(
        .invalidModel, "an input has the shape \(shape) but must have more than \(counted(batchRank, "dimension"))")
    }
    guard let shape = data.shape, let indices else { return [TensorType(data.elementType, nil)] }
    var output: [Dimension] = []
    for axis in 0..<batchRank {
      guard let dimension = shape[axis].merged(with: indices[axis]) else {
        throw InfoldError(
          .invalidModel,
          "shape mismatch: data \(shape) and indices \(indices) differ in the first \(counted(batchRank, "dimension"))"
        )
      }
      output.append(dimension)
    }
    guard let depth = indices[indices.rank - 1].size else { return [TensorType(data.elementType, nil)] }
    guard depth >= 1, depth <= shape.rank - batchRank else {
      throw InfoldError(
        .invalidModel,
        "tuples of \(counted(depth, "index", plural: "indices")) cannot select from data of shape \(shape) with "
          + "\(counted(batchRank, "batch dimension"))")
    }
    output += indices.dimensions[batchRank..<(indices.rank - 1)] + shape.dimensions[(batchRank + depth)...]
    return [TensorType(data.elementType, Shape(output))]
  }

  package func indexedPositions(_ inputs: OperatorInputs) -> [Int: Int] { inputs.positions(batchRank: batchRank) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let data = inputs[0]!, indices = inputs[1]!
    let length = data.shape[(batchRank + indices.shape.last!)...].reduce(1, *)
    let starts = try indices.sliceStarts(in: data.shape, batchRank: batchRank)
    let map = IndexMap(axes: [.computed(count: starts.count) { starts[$0] }, .strided(count: length, by: 1)])
    return [try map.apply(to: data).reshaped(to: try inferredShape(inputs))]
  }
}

extension Tensor {
  /// Returns the offset of the first element of each slice that these indices select in data of
  /// `shape`. The last dimension of the indices lists the positions along the dimensions after the
  /// first `batchRank`, which both tensors share. Negative indices count from the end.
  /// - Throws: `InfoldError.Code.invalidModel` if an index is out of bounds.
  func sliceStarts(in shape: [Int], batchRank: Int = 0) throws(InfoldError) -> [Int] {
    let depth = self.shape.last!, strides = rowMajorStrides(shape)
    let values = try integers()
    guard count > 0 || depth == 0 else { return [] }
    // If the product overflows, the data is empty and no index is within bounds.
    let batchLength = shape[batchRank...].reduce(1, &*)
    let slicesPerBatch = self.shape[batchRank...].dropLast().reduce(1, *)
    var starts: [Int] = []
    for slice in 0..<self.shape.dropLast().reduce(1, *) {
      var start = slice / slicesPerBatch * batchLength
      for level in 0..<depth {
        let index = values[slice * depth + level], axis = batchRank + level
        try requireIndex(index, along: axis, of: shape)
        start += (index < 0 ? index + shape[axis] : index) * strides[axis]
      }
      starts.append(start)
    }
    return starts
  }
}
