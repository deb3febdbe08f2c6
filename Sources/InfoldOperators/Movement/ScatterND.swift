import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ScatterND, opsets 11, 13, 16, 18: a copy of `data` with slices replaced by, or combined
/// with, updates.
///
/// data is [d1, …, dr]; indices is [i1, …, k], int64; updates is [i1, …, d(k+1), …, dr]. Each tuple
/// of k indices selects a slice. Negative indices count from the end. `reduction` is none, since
/// opset 16 add or mul, and since opset 18 max or min. Updates are applied in order, so that the
/// result for repeated indices is well defined. Integers wrap around.
package struct ScatterND: Operator {
  package static let name = "ScatterND"
  package static let versions = [11, 13, 16, 18]
  package static let compatibleVersions = [13, 16, 18]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// How an update is combined with the element.
  package enum Reduction: String, Sendable, CaseIterable {
    /// The update replaces the element.
    case none
    /// The sum of both.
    case add
    /// The product of both.
    case mul
    /// The maximum of both.
    case max
    /// The minimum of both.
    case min
  }

  /// How an update is combined with the element.
  package let reduction: Reduction

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    reduction = try Reduction(&attributes)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let data = try inputs.type(0, of: reduction.elementTypes)
    let indices = try inputs.type(1, of: .int64).shape
    try inputs.requireSameElementType([0, 2])
    let updates = try inputs.type(2).shape
    if let shape = data.shape, shape.rank == 0 { throw InfoldError(.invalidModel, "the data must not be a scalar") }
    if let indices, indices.rank == 0 { throw InfoldError(.invalidModel, "the indices must not be a scalar") }
    if let shape = data.shape, let indices, let depth = indices.last?.size {
      guard depth <= shape.rank else {
        throw InfoldError(
          .invalidModel,
          "tuples of \(counted(depth, "index", plural: "indices")) cannot select from data of shape \(shape)")
      }
      let expected = Shape(indices.dimensions.dropLast() + shape.dimensions[depth...])
      if let updates, updates.merged(with: expected) == nil {
        throw InfoldError(.invalidModel, "shape mismatch: the updates are \(updates) but must be \(expected)")
      }
      if let sizes = shape.sizes, let constant = inputs.constant(1), constant.count > 0 {
        _ = try constant.sliceStarts(in: sizes)
      }
    }
    return [data]
  }

  package func indexedPositions(_ inputs: OperatorInputs) -> [Int: Int] { inputs.positions(batchRank: 0) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let data = inputs[0]!, updates = inputs[2]!
    guard updates.count > 0 else { return [data] }
    let starts = try inputs[1]!.sliceStarts(in: data.shape)
    let length = updates.count / starts.count
    return [try reduction.scatter(updates, into: data, at: starts, length: length)]
  }
}
