import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Squeeze, opsets 1, 11, 13, 21, 23, 24, 25: removes dimensions of size 1, either those
/// listed in `axes` or all of them.
///
/// The axes are an attribute until opset 11 and an input since opset 13. Negative axes count from
/// the end since opset 11.
package struct Squeeze: ElementMovingOperator {
  package static let name = "Squeeze"
  package static let versions = [1, 11, 13, 21, 23, 24, 25]
  package static let compatibleVersions = [11, 21, 23, 24, 25]
  package static let keepsElements = true
  package static let rearrangesElements = true
  package static func arity(since version: Int) -> Arity { Arity(inputs: 1...(version < 13 ? 1 : 2)) }

  private let axes: ListArgument

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ListArgument(axes: &attributes)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    return [TensorType(x.elementType, try outputShape(x.shape, inputs))]
  }

  private func outputShape(_ shape: Shape?, _ inputs: OperatorInputs) throws(InfoldError) -> Shape? {
    guard axes.isGiven(in: inputs) else {
      return shape?.sizes.map { Shape($0.filter { $0 != 1 }) }
    }
    let values = try axes.values(in: inputs)
    guard let shape else { return nil }
    guard let values else {
      guard let count = try axes.count(in: inputs) else { return nil }
      guard count <= shape.rank else {
        throw InfoldError(
          .invalidModel, "cannot squeeze \(counted(count, "axis", plural: "axes")) of the shape \(shape)")
      }
      return Shape(unknownOfRank: shape.rank - count)
    }
    let squeezed = try normalizedAxes(values, rank: shape.rank)
    for axis in squeezed {
      if let size = shape[axis].size, size != 1 {
        throw InfoldError(.invalidModel, "cannot squeeze axis \(axis) of the shape \(shape): its size is not 1")
      }
    }
    return Shape(shape.indices.filter { !squeezed.contains($0) }.map { shape[$0] })
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let values = try? axes.values(in: inputs),
      let squeezed = try? normalizedAxes(values, rank: rank)
    else { return .unknown }
    return .reduction((0..<rank).map(squeezed.contains), keepsDimensions: false)
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.reshaped(to: inferredShape(inputs))]
  }
}

extension Squeeze {
  package var quantizedForm: QuantizedForm? { .movement }
}
