/// ONNX DepthToSpace, opsets 1, 11, 13, 28: blocks of the depth spread over height and width.
///
/// X [N, C, H, W]; Y [N, C / b², H · b, W · b]. `mode`, since opset 11, tells how the depth is ordered: DCR or CRD.
public struct DepthToSpace: Operator {
  public static let name = "DepthToSpace"
  public static let versions = [1, 11, 13, 28]
  public static func arity(since version: Int) -> Arity { Arity(1) }

  private let block: BlockRearrangement

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    block = try BlockRearrangement(&attributes, hasMode: attributes.version >= 11)
  }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [
      try block.outputType(
        inputs,
        depth: { (channels) throws(InfoldError) in try channels.divided(by: block.area) },
        side: { (size) throws(InfoldError) in try .product([size, .fixed(block.size)]) })
    ]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let output = try inferredShape(inputs)
    let strides = rowMajorStrides(x.shape)
    let depth = block.depthStrides(channels: output[1], plane: strides[1])
    let map = ElementMap(axes: [
      .strided(count: x.shape[0], by: strides[0]), .strided(count: output[1], by: depth.channel),
      .strided(count: x.shape[2], by: strides[2]), .strided(count: block.size, by: depth.row),
      .strided(count: x.shape[3], by: 1), .strided(count: block.size, by: depth.column),
    ])
    return [try map.apply(to: x).reshaped(to: output)]
  }
}
