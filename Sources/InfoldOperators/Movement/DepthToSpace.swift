import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX DepthToSpace, opsets 1, 11, 13, 28: moves blocks of the depth dimension into height and
/// width.
///
/// X is [N, C, H, W]; Y is [N, C / b², H · b, W · b]. `mode`, since opset 11, is the order of the
/// depth dimension: DCR or CRD.
package struct DepthToSpace: Operator, MappedOperator {
  package static let name = "DepthToSpace"
  package static let versions = [1, 11, 13, 28]
  package static let compatibleVersions = [11, 13]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(1) }

  private let block: BlockRearrangement

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    block = try BlockRearrangement(&attributes, hasMode: attributes.version >= 11)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [
      try block.outputType(
        inputs,
        depth: { (channels) throws(InfoldError) in try channels.divided(by: block.area) },
        side: { (size) throws(InfoldError) in try .product([size, .fixed(block.size)]) })
    ]
  }

  package func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]? {
    guard let sizes = inputs.sizes(0) else { return nil }
    let strides = rowMajorStrides(sizes)
    let channels = sizes[1] / block.area
    let depth = block.depthStrides(channels: channels, plane: strides[1])
    return [
      IndexMap(axes: [
        .strided(count: sizes[0], by: strides[0]), .strided(count: channels, by: depth.channel),
        .strided(count: sizes[2], by: strides[2]), .strided(count: block.size, by: depth.row),
        .strided(count: sizes[3], by: 1), .strided(count: block.size, by: depth.column),
      ])
    ]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .axes(inputs) { $0 == 0 }
  }
}

extension DepthToSpace {
  package var quantizedForm: QuantizedForm? { .movement }
}
