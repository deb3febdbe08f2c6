import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX SpaceToDepth, opsets 1, 13, 28: moves blocks of height and width into the depth dimension.
///
/// X is [N, C, H, W]; Y is [N, C · b², H / b, W / b]. `mode`, since opset 28, is the order of the
/// depth dimension: DCR or CRD.
package struct SpaceToDepth: Operator, MappedOperator {
  package static let name = "SpaceToDepth"
  package static let versions = [1, 13, 28]
  package static let compatibleVersions = [13]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(1) }

  private let block: BlockRearrangement

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    block = try BlockRearrangement(&attributes, hasMode: attributes.version >= 28)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [
      try block.outputType(
        inputs,
        depth: { (channels) throws(InfoldError) in try .product([channels, .fixed(block.area)]) },
        side: { (size) throws(InfoldError) in try size.divided(by: block.size) })
    ]
  }

  package func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]? {
    guard let sizes = inputs.sizes(0) else { return nil }
    let strides = rowMajorStrides(sizes)
    let channel = IndexMap.Axis.strided(count: sizes[1], by: strides[1])
    let pixel: [IndexMap.Axis] = [
      .strided(count: block.size, by: strides[2]), .strided(count: block.size, by: 1),
    ]
    let depth = block.order == .depthColumnRow ? pixel + [channel] : [channel] + pixel
    return [
      IndexMap(
        axes: [.strided(count: sizes[0], by: strides[0])] + depth + [
          .strided(count: sizes[2] / block.size, by: strides[2] * block.size),
          .strided(count: sizes[3] / block.size, by: block.size),
        ])
    ]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .axes(inputs) { $0 == 0 }
  }
}

extension SpaceToDepth {
  package var quantizedForm: QuantizedForm? { .movement }
}
