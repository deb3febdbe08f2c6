import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator of one quantized value, which computes with floats, and quantizes the result.
///
/// The inputs are X, its scale and zero point, and the scale and zero point of Y. Both have the same type, scales are scalars of
/// float32, and zero points are 0 where they are left out.
protocol QLinearFunction: ContributedQuantizedOperator {
  /// Adds the function of floats.
  /// - Returns: `nil` while the number of dimensions is not known.
  func apply(to x: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID?
}

extension QLinearFunction {
  // The zero point of X may be left out, which stands before what must be there.
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...5) }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let type = network.elementType(try network.input(0))
    let x = try network.dequantized(0, scale: 1, zeroPoint: 2)
    guard let y = try apply(to: x, &network) else { return nil }
    return [try network.quantized(y, scale: 3, zeroPoint: 4, to: type)]
  }
}

/// com.microsoft QLinearSigmoid: Sigmoid of a quantized value, quantized.
package struct QLinearSigmoid: QLinearFunction, AttributelessOperator {
  package static let name = "QLinearSigmoid"
  package static let family = OperatorFamily.activation

  func apply(to x: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID? {
    try network.add(Sigmoid.name, [x])
  }
}

/// com.microsoft QLinearLeakyRelu: LeakyRelu of a quantized value, quantized.
package struct QLinearLeakyRelu: QLinearFunction {
  package static let name = "QLinearLeakyRelu"
  package static let family = OperatorFamily.activation

  private let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 0.01
  }

  func apply(to x: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID? {
    try network.add(LeakyRelu.name, [x], ["alpha": .float(alpha)])
  }
}

/// com.microsoft QLinearSoftmax: Softmax of a quantized value, quantized; `opset` says of which version.
package struct QLinearSoftmax: QLinearFunction {
  package static let name = "QLinearSoftmax"
  package static let family = OperatorFamily.activation

  private let axis: Int
  private let opset: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? -1
    opset = try attributes.requiredInt("opset")
    guard opset >= 1 else { throw InfoldError(.invalidModel, "opset is \(opset), and must be at least 1") }
  }

  func apply(to x: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID? {
    try network.add(Softmax.name, [x], ["axis": .int(Int64(axis))], version: opset < 13 ? 11 : 13)
  }
}

/// com.microsoft QLinearAveragePool: AveragePool of a quantized value, quantized, with the channels last where `channels_last` says so.
package struct QLinearAveragePool: QLinearFunction {
  package static let name = "QLinearAveragePool"
  package static let family = OperatorFamily.pool

  private let pool: AttributeList
  private let isChannelsLast: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    pool = attributes.forwarded(["auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"])
    isChannelsLast = try attributes.flag("channels_last")
  }

  func apply(to x: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID? {
    try network.computingChannelsFirst(x, isLast: isChannelsLast) { x, network throws(InfoldError) in
      try network.add(AveragePool.name, [x], pool)
    }
  }
}

/// com.microsoft QLinearGlobalAveragePool: GlobalAveragePool of a quantized value, quantized, with the channels last where `channels_last`
/// says so.
package struct QLinearGlobalAveragePool: QLinearFunction {
  package static let name = "QLinearGlobalAveragePool"
  package static let family = OperatorFamily.pool

  private let isChannelsLast: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    isChannelsLast = try attributes.flag("channels_last")
  }

  func apply(to x: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID? {
    try network.computingChannelsFirst(x, isLast: isChannelsLast) { x, network throws(InfoldError) in
      try network.add(GlobalAveragePool.name, [x])
    }
  }
}
