import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Concat, opsets 1, 4, 11, 13: the concatenation of the inputs along one axis.
///
/// All inputs have the same sizes except along that axis. The axis is 1 by default in opset 1, and
/// required since opset 4.
package struct Concat: ElementMovingOperator {
  package static let name = "Concat"
  package static let versions = [1, 4, 11, 13]
  package static let compatibleVersions = [11, 13]
  package static func arity(since version: Int) -> Arity { Arity(inputs: 1...Arity.any) }

  package static let movedInputs = 0...Int.max
  package static let joinsInputs = true

  /// The axis. Negative values count from the end.
  package let axis: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = attributes.version < 4 ? try attributes.int("axis") ?? 1 : try attributes.requiredInt("axis")
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let first = try inputs.type(0)
    var shapes: [Shape?] = []
    for index in inputs.types.indices where inputs.has(index) { shapes.append(try inputs.type(index).shape) }
    try inputs.requireSameElementType(inputs.types.indices)
    guard let rank = shapes.lazy.compactMap({ $0?.rank }).first else { return [TensorType(first.elementType, nil)] }
    let axis = try normalizedAxis(axis, rank: rank)
    var output = Shape(unknownOfRank: rank)
    for case let shape? in shapes {
      var across = shape
      if axis < shape.rank { across[axis] = .unknown }
      guard let merged = output.merged(with: across) else {
        throw InfoldError(
          .invalidModel, "shape mismatch: \(output) and \(shape) may differ only in axis \(axis)")
      }
      output = merged
    }
    output[axis] = try .sum(shapes.map { $0?[axis] ?? .unknown })
    return [TensorType(first.elementType, output)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = outputs.first??.shape?.rank, let joined = try? normalizedAxis(axis, rank: rank) else {
      return .unknown
    }
    let others = (0..<rank).filter { $0 != joined }
    return AxisMapping(
      others.map { IndependentAxis(inputs: Array(repeating: $0, count: inputs.types.count), outputs: [$0]) },
      joinedAxis: joined)
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let parts = inputs.compactMap { $0 }
    var result = try Tensor(zeros: inferredShape(inputs), of: parts[0].elementType)
    guard result.count > 0 else { return [result] }
    let axis = try normalizedAxis(axis, rank: result.shape.count)
    let inner = result.shape[(axis + 1)...].reduce(1, *)
    let stride = result.shape[axis] * inner
    var start = 0
    for part in parts {
      let length = part.shape[axis] * inner
      try result.copyBlocks(
        result.count / stride, of: length, from: part, at: .init(start: 0, stride: length),
        to: .init(start: start, stride: stride))
      start += length
    }
    return [result]
  }
}

extension Concat {
  package var quantizedForm: QuantizedForm? { .concatenation }
}
