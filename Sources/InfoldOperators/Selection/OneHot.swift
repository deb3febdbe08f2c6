import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX OneHot, opsets 9, 11, 28: a list of `depth` values for each index, with "on" at the index
/// and "off" elsewhere.
///
/// indices [i0, …] and the scalar depth may be of any numeric type and are rounded toward zero;
/// values is [off, on]. The lists are the new dimension `axis` of the output, by default the last.
/// Negative indices count from the end since opset 11. An index out of bounds gives a list without
/// "on".
package struct OneHot: Operator {
  package static let name = "OneHot"
  package static let versions = [9, 11, 28]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// The new dimension. Negative values count from the end.
  package let axis: Int
  /// Whether negative indices count from the end.
  package let countsFromEnd: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? -1
    countsFromEnd = attributes.version >= 11
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let indices = try inputs.type(0, of: .numeric).shape
    _ = try inputs.type(1, of: .numeric)
    try inputs.requireOneElement(1)
    let values = try inputs.type(2)
    if let shape = values.shape, shape.merged(with: [2]) == nil {
      throw InfoldError(.invalidModel, "shape mismatch: the values are \(shape) but must be [2], off and on")
    }
    guard var output = indices else { return [TensorType(values.elementType, nil)] }
    let place = try normalizedAxis(axis, rank: output.rank + 1)
    output.dimensions.insert(try depth(inputs), at: place)
    return [TensorType(values.elementType, output)]
  }

  package func indexedPositions(_ inputs: OperatorInputs) -> [Int: Int] {
    (try? depth(inputs))?.size.map { [0: $0] } ?? [:]
  }

  private func depth(_ inputs: OperatorInputs) throws(InfoldError) -> Dimension {
    let depth =
      if let constant = inputs.constant(1) {
        Dimension.fixed(Int(try constant.wholeNumbers()[0]))
      } else {
        inputs.partial(1)?.elements.first ?? .unknown
      }
    if let size = depth.size, size < 0 {
      throw InfoldError(.invalidModel, "the depth is \(size) but must not be negative")
    }
    return depth
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let indices = inputs[0]!, values = inputs[2]!
    let shape = try inferredShape(inputs)
    let place = try normalizedAxis(axis, rank: shape.count)
    let depth = shape[place], inner = shape[(place + 1)...].reduce(1, *)
    var y = try IndexMap(axes: shape.map { .strided(count: $0, by: 0) }).apply(to: values)
    for (position, index) in try indices.wholeNumbers().enumerated() {
      let chosen = index < 0 && countsFromEnd ? index + Int64(depth) : index
      guard chosen >= 0, chosen < depth else { continue }
      let (block, offset) = position.quotientAndRemainder(dividingBy: inner)
      try y.copyBlocks(
        1, of: 1, from: values, at: .init(start: 1, stride: 0),
        to: .init(start: (block * depth + Int(chosen)) * inner + offset, stride: 0))
    }
    return [y]
  }
}

extension Tensor {
  /// Returns the elements as integers, rounded toward zero and clamped to the range of `Int64`.
  /// - Precondition: The element type is numeric.
  fileprivate func wholeNumbers() throws(InfoldError) -> [Int64] {
    try (elementType.isFloatingPoint ? cast(to: .int64) : int64s()).elements()
  }
}
