import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Expand, opsets 8, 13: the input broadcast to a shape.
///
/// Dimensions are aligned at the last one. Where the shape has a 1, the input's dimension is kept.
package struct Expand: ElementMovingOperator, MappedOperator, AttributelessOperator {
  package static let name = "Expand"
  package static let versions = [8, 13]
  package static let compatibleVersions = [13]
  package static func arity(since version: Int) -> Arity { Arity(2) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    let wanted = try inputs.dimensions(1)
    for size in wanted?.compactMap(\.size) ?? [] where size < 0 {
      throw InfoldError(.invalidModel, "the shape to expand to has the negative size \(size)")
    }
    guard let wanted, let shape = x.shape else { return [TensorType(x.elementType, nil)] }
    return [TensorType(x.elementType, try shape.broadcast(with: Shape(wanted)))]
  }

  package func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]? {
    guard let sizes = inputs.sizes(0), let shape = try inferOutputs(inputs)[0].shape?.sizes else { return nil }
    let added = shape.count - sizes.count
    var map = IndexMap(identityOf: sizes)
    map.axes = shape.enumerated().map { axis, size in
      axis < added || sizes[axis - added] == 1 && size != 1 ? .strided(count: size, by: 0) : map.axes[axis - added]
    }
    return [map]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let sizes = inputs.sizes(0), let result = outputs.first??.shape?.sizes, let listed = inputs.sizes(1)?.first
    else { return .unknown }
    return AxisMapping(
      sizes.indices.compactMap { axis in
        let output = axis + result.count - sizes.count, element = output - (result.count - listed)
        guard sizes[axis] == result[output] else { return nil }
        return IndependentAxis(
          inputs: [axis], outputs: [output],
          listedSize: element < 0 ? nil : IndependentAxis.ListedSize(input: 1, element: element))
      })
  }
}

extension Expand {
  package var quantizedForm: QuantizedForm? { .movement }
}
