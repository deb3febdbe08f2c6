import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension DynamicQuantizeLinear: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let x = node.inputs[0], let sizes = plan.sizes(x), let y = node.outputs[0], plan.byteSizes(y) != nil,
      let scale = node.outputs[1], plan.sizes(scale) != nil, let zeroPoint = node.outputs[2],
      plan.byteSizes(zeroPoint) != nil
    else { return false }
    // All elements alike: in any order, as long as there is nothing between them.
    let image = plan.layouts(of: x).contains(.rowMajor) ? nil : ImageShape(sizes)
    var layout = Layout.rowMajor
    if let image, plan.concatenations.part(y) == nil,
      try plan.location(of: x, .channelsLast).pixelStride == image.channels
    {
      layout = .channelsLast
    }
    let source = try plan.location(of: x, layout), count = sizes.reduce(1, *)
    let least = plan.temporary([1]), greatest = plan.temporary([1])
    let run = source.reshaped([count], .rowMajor)
    plan.emitReduction(.minimum, [count], [true], from: run, to: least)
    plan.emitReduction(.maximum, [count], [true], from: run, to: greatest)
    let (target, scalePlace) = (plan.define(y, layout), plan.define(scale, .rowMajor))
    let zeroPlace = plan.define(zeroPoint, .rowMajor)
    let kernels = plan.byteKernels
    let step = RangeStep(units: count, cost: count) { elements, frame, _ in
      let x = frame.pointer(source)
      let range = DynamicRange(
        least: frame.pointer(least).pointee, greatest: frame.pointer(greatest).pointee,
        of: UnsafeBufferPointer(start: x, count: count))
      let y = frame.bytes(target)
      if usualScales.contains(range.scale) {
        kernels.quantize(
          Pixels(x, channels: 1, pixelStride: 1), Pixels(y, channels: 1, pixelStride: 1), range.quantization,
          pixels: elements)
      } else {
        for element in elements { y[element] = range.quantized(x[element]) }
      }
      guard elements.lowerBound == 0 else { return }
      frame.pointer(scalePlace).pointee = range.scale
      frame.bytes(zeroPlace).pointee = UInt8(saturating: Double(range.zeroPoint))
    }
    plan.emit(
      step, "quantization", reads: [source, least, greatest], writes: [target, scalePlace, zeroPlace])
    return true
  }
}

/// The scale and the zero point for numbers between two bounds, and 0.
private struct DynamicRange {
  let scale: Float
  /// From 0 to 255 for usual scales; infinite or NaN for others.
  let zeroPoint: Float

  /// - Parameters:
  ///   - least: The least number, or NaN where there is one.
  ///   - greatest: The greatest number, or NaN where there is one.
  ///   - numbers: All of them, of which NaN is passed over.
  init(least: Float, greatest: Float, of numbers: UnsafeBufferPointer<Float>) {
    var bounds = (least: min(least, 0), greatest: max(greatest, 0))
    if least.isNaN || greatest.isNaN {
      bounds = (0, 0)
      for number in numbers {
        if number < bounds.least { bounds.least = number }
        if number > bounds.greatest { bounds.greatest = number }
      }
    }
    scale = (bounds.least == bounds.greatest ? 1 : bounds.greatest - bounds.least) / 255
    zeroPoint = (-bounds.least / scale).rounded(.toNearestOrEven)
  }

  /// How kernels make such numbers, for a usual scale.
  var quantization: ByteQuantization {
    ByteQuantization(
      scale: scale, lower: -zeroPoint, upper: 255 - zeroPoint, zeroPoint: Int32(zeroPoint), notANumber: -zeroPoint)
  }

  /// A number, for any scale.
  func quantized(_ x: Float) -> UInt8 {
    UInt8(saturating: Double((x / scale).rounded(.toNearestOrEven) + zeroPoint))
  }
}
