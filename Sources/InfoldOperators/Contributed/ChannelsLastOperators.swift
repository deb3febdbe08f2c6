import InfoldGraph
import InfoldSystem
import InfoldTensor

/// com.microsoft NhwcMaxPool: MaxPool of 8-bit numbers in channels-last layout.
package struct NhwcMaxPool: ContributedQuantizedOperator {
  package static let name = "NhwcMaxPool"
  package static let family = OperatorFamily.pool
  package static func arity(since version: Int) -> Arity { Arity(1) }

  private let pool: AttributeList

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    pool = attributes.forwarded(["auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides"])
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    try network.computingChannelsFirst(network.input(0), isLast: true) { x, network throws(InfoldError) in
      try network.add(MaxPool.name, [x], pool)
    }.map { [$0] }
  }
}

/// com.microsoft QLinearConv: ONNX's QLinearConv. With `channels_last`, x and y have channels-last
/// layout.
package struct ContributedQLinearConv: ContributedQuantizedOperator {
  package static let name = "QLinearConv"
  package static let family = OperatorFamily.product
  package static func arity(since version: Int) -> Arity { Arity(inputs: 8...9) }

  private let convolution: AttributeList
  private let isChannelsLast: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    convolution = attributes.forwarded(["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"])
    isChannelsLast = try attributes.flag("channels_last")
  }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(try inputs.type(7).elementType, nil)]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let others = Array(network.inputs.dropFirst())
    return try network.computingChannelsFirst(network.input(0), isLast: isChannelsLast) {
      x, network throws(InfoldError) in
      try network.add(QLinearConv.name, [x] + others, convolution)
    }.map { [$0] }
  }
}
