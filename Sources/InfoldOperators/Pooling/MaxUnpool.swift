import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX MaxUnpool, opsets 9, 11, 22: moves the elements of a MaxPool's result back to their
/// original positions, with zeros elsewhere.
///
/// X is [N, C, D1, …]; the int64 indices have the same shape. They are row-major offsets in the
/// tensor that was pooled, [N, C, E1, …] with E = (D − 1) · stride + window − padding. The optional
/// list output_shape is the shape of a larger output, which contains that tensor at its origin. Of
/// repeated indices, the last one wins.
package struct MaxUnpool: StandardFloatingPointOperator {
  package static let name = "MaxUnpool"
  package static let versions = [9, 11, 22]
  package static let compatibleVersions = [11, 22]
  package static let family = OperatorFamily.pool
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...3) }

  /// The sliding window of the pool.
  package let window: SlidingWindow

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    window = try SlidingWindow(
      pooling: SlidingWindow.Attributes(&attributes, hasDilations: false, hasCeilMode: false, hasAutoPad: false))
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    let indices = try inputs.type(1, of: .int64).shape
    let rank = window.rank + 2
    try inputs.requireRank(rank...rank, of: 0)
    try inputs.requireRank(rank...rank, of: 1)
    guard let shape = (x.shape ?? indices)?.merged(with: indices ?? Shape(unknownOfRank: rank)) else {
      throw InfoldError(
        .invalidModel, "shape mismatch: X is \(x.shape ?? []), but the indices are \(indices ?? [])")
    }
    let pooled = try pooledShape(shape)
    guard inputs.has(2) else { return [TensorType(x.elementType, pooled)] }
    guard let wanted = try inputs.dimensions(2) else { return [TensorType(x.elementType, Shape(unknownOfRank: rank))] }
    let fits =
      wanted.count == rank
      && zip(wanted, pooled).enumerated().allSatisfy { axis, sizes in
        guard let size = sizes.0.size, let least = sizes.1.size else { return true }
        return axis < 2 ? size == least : size >= least
      }
    guard fits else {
      throw InfoldError(.invalidModel, "output_shape is \(Shape(wanted)), which does not contain \(pooled)")
    }
    return [TensorType(x.elementType, Shape(wanted))]
  }

  /// Returns the shape of the tensor that was pooled.
  package func pooledShape(_ shape: Shape) throws(InfoldError) -> Shape {
    guard case .explicit(let before, let after) = window.padding else { return shape }
    var pooled = shape
    for axis in 0..<window.rank {
      pooled[axis + 2] = .unknown
      guard let size = shape[axis + 2].size else { continue }
      let (distance, overflow) = max(size - 1, 0).multipliedReportingOverflow(by: window.strides[axis])
      guard !overflow, distance <= Int.max / 2 else {
        throw InfoldError(.limitExceeded, "the output along spatial dimension \(axis) is too large")
      }
      let extent = size == 0 ? 0 : distance + window.kernel[axis] - before[axis] - after[axis]
      guard extent >= 0 else {
        throw InfoldError(.invalidModel, "the padding is larger than the output along spatial dimension \(axis)")
      }
      pooled[axis + 2] = .fixed(extent)
    }
    return pooled
  }

  /// Returns the error of an index that is out of bounds.
  package static func outside(_ index: Int, of count: Int, _ pooled: [Int]) -> InfoldError {
    InfoldError(
      .invalidModel,
      "the index \(index) is out of bounds for the \(counted(count, "element")) of the shape \(Shape(pooled))")
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let shape = try inferredShape(inputs)
    guard let pooled = try pooledShape(Shape(x.shape)).sizes else { preconditionFailure("X has a shape") }
    let (count, _) = try Tensor.extent(of: pooled, Element.elementType)
    let strides = rowMajorStrides(shape), pooledStrides = rowMajorStrides(pooled)
    var places: [Int] = []
    for index in try inputs[1]!.integers() {
      guard index >= 0, index < count else {
        throw Self.outside(index, of: count, pooled)
      }
      places.append(pooled.indices.reduce(0) { $0 + index / pooledStrides[$1] % pooled[$1] * strides[$1] })
    }
    var y = try Tensor(zeros: shape, of: Element.elementType)
    try x.withElements(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Element.self) { y in
        for (index, place) in places.enumerated() { y[place] = x[index] }
      }
    }
    return [y]
  }
}
