import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// One scale and one zero point, of a quantized value.
struct PlannedQuantization {
  var scale: Float
  /// That of the unsigned numbers in planned memory.
  var zeroPoint: Int32
  /// The least and the greatest number that the type holds, less the zero point.
  var bounds: ClosedRange<Float>
  /// Zero less the type's own zero point: what NaN becomes.
  let notANumber: Float

  /// The range of an unsigned number in planned memory that an activation leaves, less the zero point.
  func clipped(by activation: Activation, offset: UInt8) -> ClosedRange<Float> {
    guard activation.function == .clip else { return bounds }
    let shift = Float(offset) - Float(zeroPoint)
    let lower = min(max(activation.a + shift, bounds.lowerBound), bounds.upperBound)
    return lower...max(lower, min(activation.b + shift, bounds.upperBound))
  }

  /// How kernels make such numbers.
  func kernelArguments(bounds: ClosedRange<Float>? = nil) -> ByteQuantization {
    let bounds = bounds ?? self.bounds
    return ByteQuantization(
      scale: scale, lower: bounds.lowerBound, upper: bounds.upperBound, zeroPoint: zeroPoint, notANumber: notANumber)
  }
}

extension PlanBuilder {
  /// The quantization of `value` by one constant scale and zero point; `nil` for others, and for scales whose reciprocal is no usual
  /// number.
  func quantization(of value: ValueID?, scale: ValueID?, zeroPoint: ValueID?) -> PlannedQuantization? {
    guard let value, let format = format(of: value), format.isQuantized, let tensor = constant(scale), tensor.count == 1,
      let scale = try? tensor.elements(as: Float.self)[0], usualScales.contains(scale)
    else { return nil }
    var point: Int32 = 0
    if let zeroPoint {
      guard let tensor = graph.constant(zeroPoint), tensor.count == 1, let given = tensor.byteValues?[0] else {
        return nil
      }
      point = given
    }
    let stored = point + Int32(format.offset)
    return PlannedQuantization(
      scale: scale, zeroPoint: stored, bounds: Float(0 - stored)...Float(255 - stored), notANumber: Float(-point))
  }
}

extension Tensor {
  /// The numbers of a tensor of uint8 or int8; `nil` for other types.
  var byteValues: [Int32]? {
    switch elementType {
    case .uint8: (try? elements(as: UInt8.self))?.map { Int32($0) }
    case .int8: (try? elements(as: Int8.self))?.map { Int32($0) }
    default: nil
    }
  }
}

extension QuantizeLinear: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let x = node.inputs[0], let y = fused.output, plan.sizes(x) != nil, plan.byteSizes(y) != nil,
      let quantization = plan.quantization(
        of: y, scale: node.inputs[1], zeroPoint: node.inputs.count > 2 ? node.inputs[2] : nil)
    else { return false }
    let (kernels, arguments) = (plan.byteKernels, quantization.kernelArguments())
    try plan.emitPixelwise([x], to: y, "quantization") { loops, operands, result, pixels, frame in
      kernels.quantize(
        loops.pixels(0, frame.pointer(operands[0])), loops.pixels(nil, frame.bytes(result)), arguments, pixels: pixels)
    }
    return true
  }
}

extension DequantizeLinear: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let x = node.inputs[0], let y = fused.output, plan.byteSizes(x) != nil, plan.sizes(y) != nil,
      let quantization = plan.quantization(
        of: x, scale: node.inputs[1], zeroPoint: node.inputs.count > 2 ? node.inputs[2] : nil)
    else { return false }
    let (kernels, scale, zeroPoint) = (plan.byteKernels, quantization.scale, quantization.zeroPoint)
    try plan.emitPixelwise([x], to: y, "dequantization") { loops, operands, result, pixels, frame in
      kernels.dequantize(
        loops.pixels(0, frame.bytes(operands[0])), loops.pixels(nil, frame.pointer(result)), scale: scale,
        zeroPoint: zeroPoint, pixels: pixels)
    }
    return true
  }
}
