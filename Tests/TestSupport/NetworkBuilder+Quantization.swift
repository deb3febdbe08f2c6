import InfoldGraph
import InfoldOperators
import InfoldTensor

extension NetworkBuilder {
  /// QuantizeLinear with one scale and zero point, to the 8-bit type `type`.
  public mutating func quantized(
    _ x: ValueID, scale: Float, zeroPoint: Int, of type: ElementType = .uint8
  ) throws -> ValueID {
    try node("QuantizeLinear", [x] + parameters(scale, zeroPoint, type))
  }

  /// DequantizeLinear with one scale and zero point.
  public mutating func dequantized(
    _ x: ValueID, scale: Float, zeroPoint: Int, of type: ElementType = .uint8
  ) throws -> ValueID {
    try node("DequantizeLinear", [x] + parameters(scale, zeroPoint, type))
  }

  /// The value after QuantizeLinear and DequantizeLinear.
  public mutating func rounded(
    _ x: ValueID, scale: Float, zeroPoint: Int, of type: ElementType = .uint8
  ) throws -> ValueID {
    try dequantized(
      quantized(x, scale: scale, zeroPoint: zeroPoint, of: type), scale: scale, zeroPoint: zeroPoint, of: type)
  }

  /// Random int8 weights followed by DequantizeLinear, with a random scale for each position along `axis`.
  public mutating func quantizedWeights(_ shape: [Int], axis: Int = 0) throws -> ValueID {
    let tensor = try Tensor(random: shape, of: .int8, using: &random)
    let scales = try random.tensor([shape[axis]], in: 0.001...0.01)
    let zeroPoints = try Tensor(zeros: [shape[axis]], of: .int8)
    return try node(
      "DequantizeLinear", [constant(tensor), constant(scales), constant(zeroPoints)], ["axis": .int(Int64(axis))])
  }

  private mutating func parameters(_ scale: Float, _ zeroPoint: Int, _ type: ElementType) throws -> [ValueID] {
    let point =
      type == .int8 ? try Tensor(scalar: Int8(zeroPoint)) : try Tensor(scalar: UInt8(zeroPoint))
    return [constant(try Tensor(scalar: scale)), constant(point)]
  }
}
