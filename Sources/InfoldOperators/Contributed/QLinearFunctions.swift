import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A unary operator of quantized values that computes in floating point and quantizes the result.
///
/// The inputs are X with its scale and zero point, and the scale and zero point of Y. X and Y have
/// the same type. Scales are float32 scalars; missing zero points are 0.
protocol QLinearFunction: ContributedQuantizedOperator {
  /// Adds the floating-point function.
  /// - Returns: The result, or `nil` if the rank is unknown.
  func apply(to x: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID?
}

extension QLinearFunction {
  // X's zero point is optional although required inputs follow it.
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...5) }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let type = network.elementType(try network.input(0))
    let x = try network.dequantized(0, scale: 1, zeroPoint: 2)
    guard let y = try apply(to: x, &network) else { return nil }
    return [try network.quantized(y, scale: 3, zeroPoint: 4, to: type)]
  }
}

/// com.microsoft QLinearSigmoid: the quantized Sigmoid of a quantized value.
package struct QLinearSigmoid: QLinearFunction, AttributelessOperator {
  package static let name = "QLinearSigmoid"
  package static let family = OperatorFamily.activation

  func apply(to x: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID? {
    try network.add(Sigmoid.name, [x])
  }
}

/// com.microsoft QLinearLeakyRelu: the quantized LeakyRelu of a quantized value.
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

/// com.microsoft QLinearSoftmax: the quantized Softmax of a quantized value. `opset` selects the
/// version of Softmax.
package struct QLinearSoftmax: QLinearFunction {
  package static let name = "QLinearSoftmax"
  package static let family = OperatorFamily.activation

  private let axis: Int
  private let opset: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? -1
    opset = try attributes.requiredInt("opset")
    guard opset >= 1 else { throw InfoldError(.invalidModel, "opset is \(opset) but must be at least 1") }
  }

  func apply(to x: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID? {
    try network.add(Softmax.name, [x], ["axis": .int(Int64(axis))], version: opset < 13 ? 11 : 13)
  }
}

/// com.microsoft QLinearAveragePool: the quantized AveragePool of a quantized value. With
/// `channels_last`, X and Y have channels-last layout.
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

/// com.microsoft QLinearGlobalAveragePool: the quantized GlobalAveragePool of a quantized value.
/// With `channels_last`, X and Y have channels-last layout.
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
