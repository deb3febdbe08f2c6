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
    let source = try plan.location(of: x, .rowMajor)
    let (target, scalePlace) = (plan.define(y, .rowMajor), plan.define(scale, .rowMajor))
    plan.emitDynamicQuantization(
      from: source, sizes, to: target, scale: scalePlace, zeroPoint: plan.define(zeroPoint, .rowMajor))
    return true
  }
}

extension PlanBuilder {
  /// Quantizes numbers by a scale and a zero point such that they and 0 fit, and writes those as well.
  mutating func emitDynamicQuantization(
    from source: Location, _ sizes: [Int], to target: Location, scale: Location, zeroPoint: Location
  ) {
    let count = sizes.reduce(1, *)
    let isReduced = sizes.map { _ in true }
    let least = temporary([1]), greatest = temporary([1])
    emitReduction(.minimum, sizes, isReduced, from: source, to: least)
    emitReduction(.maximum, sizes, isReduced, from: source, to: greatest)
    let kernels = byteKernels
    let step = RangeStep(units: count, cost: count) { elements, frame, _ in
      let x = frame.pointer(source)
      let range = DynamicRange(
        least: frame.pointer(least).pointee, greatest: frame.pointer(greatest).pointee,
        of: UnsafeBufferPointer(start: x, count: count))
      range.quantize(x, to: frame.bytes(target), elements, by: kernels)
      guard elements.lowerBound == 0 else { return }
      frame.pointer(scale).pointee = range.scale
      frame.bytes(zeroPoint).pointee = range.zero
    }
    emit(step, "quantization", reads: [source, least, greatest], writes: [target, scale, zeroPoint])
  }
}
