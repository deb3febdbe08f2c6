import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX GatherND, opsets 11, 12, 13: the slices of `data` that lists of indices name.
///
/// data [d1, …, dr], indices [i1, …, k] of int64: after `batch_dims` dimensions that both have (opset 12), each list of k
/// indices names a slice along the next k dimensions of the data. The output is [i1, …, d(batch_dims + k + 1), …, dr]. Negative
/// indices count from the end.
package struct GatherND: ElementMovingOperator {
  package static let name = "GatherND"
  package static let versions = [11, 12, 13]
  package static let compatibleVersions = [12, 13]
  package static func arity(since version: Int) -> Arity { Arity(2) }

  /// The number of leading dimensions that both inputs have.
  package let batchRank: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    batchRank = attributes.version < 12 ? 0 : try attributes.int("batch_dims") ?? 0
    guard batchRank >= 0 else {
      throw InfoldError(.invalidModel, "batch_dims is \(batchRank), and must not be negative")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let data = try inputs.type(0)
    let indices = try inputs.type(1, of: .int64).shape
    for shape in [data.shape, indices].compactMap(\.self) where shape.rank <= batchRank {
      throw InfoldError(
        .invalidModel, "an input has the shape \(shape); it must have more than \(counted(batchRank, "dimension"))")
    }
    guard let shape = data.shape, let indices else { return [TensorType(data.elementType, nil)] }
    var output: [Dimension] = []
    for axis in 0..<batchRank {
      guard let dimension = shape[axis].merged(with: indices[axis]) else {
        throw InfoldError(
          .invalidModel,
          "data of shape \(shape) and indices of shape \(indices) differ in the first \(counted(batchRank, "dimension"))"
        )
      }
      output.append(dimension)
    }
    guard let depth = indices[indices.rank - 1].size else { return [TensorType(data.elementType, nil)] }
    guard depth >= 1, depth <= shape.rank - batchRank else {
      throw InfoldError(
        .invalidModel,
        "\(depth) indices stand together, and the data has the shape \(shape), of which "
          + "\(batchRank) dimensions count the batches")
    }
    output += indices.dimensions[batchRank..<(indices.rank - 1)] + shape.dimensions[(batchRank + depth)...]
    return [TensorType(data.elementType, Shape(output))]
  }

  package func namedPositions(_ inputs: OperatorInputs) -> [Int: Int] { inputs.positions(behind: batchRank) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let data = inputs[0]!, indices = inputs[1]!
    let length = data.shape[(batchRank + indices.shape.last!)...].reduce(1, *)
    let starts = try indices.sliceStarts(in: data.shape, batchRank: batchRank)
    let map = IndexMap(axes: [.computed(count: starts.count) { starts[$0] }, .strided(count: length, by: 1)])
    return [try map.apply(to: data).reshaped(to: try inferredShape(inputs))]
  }
}

extension Tensor {
  /// The first element of each slice of data of `shape` that these indices name: along the dimensions behind the first `batchRank`, which
  /// both have, by as many numbers as stand in the last dimension of the indices. Negative ones count from the end.
  /// - Throws: `InfoldError` with `.invalidModel` where the data has no such slice.
  func sliceStarts(in shape: [Int], batchRank: Int = 0) throws(InfoldError) -> [Int] {
    let depth = self.shape.last!, strides = rowMajorStrides(shape)
    let values = try integers()
    guard count > 0 || depth == 0 else { return [] }
    // A product that overflows is that of data without elements, which no index fits.
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
