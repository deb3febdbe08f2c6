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
    // All elements are treated alike, so their order does not matter.
    let layout = try plan.denseLayout(of: x, for: y), count = sizes.reduce(1, *)
    let source = try plan.location(of: x, layout)
    let (target, scalePlace) = (plan.define(y, layout), plan.define(scale, .rowMajor))
    plan.emitDynamicQuantization(
      from: source.reshaped([count], .rowMajor), count, to: target, scale: scalePlace,
      zeroPoint: plan.define(zeroPoint, .rowMajor))
    return true
  }
}

extension PlanBuilder {
  /// Quantizes contiguous numbers with a scale and a zero point for their range, extended to
  /// include 0. Stores the scale and the zero point as well.
  mutating func emitDynamicQuantization(
    from source: Location, _ count: Int, to target: Location, scale: Location, zeroPoint: Location
  ) {
    let least = temporary([1]), greatest = temporary([1])
    emitReduction(.minimum, [count], [true], from: source, to: least)
    emitReduction(.maximum, [count], [true], from: source, to: greatest)
    let kernels = byteKernels
    let step = RangeStep(units: count, cost: count) { elements, state, _ in
      let x = state.pointer(source)
      let range = DynamicRange(
        least: state.pointer(least).pointee, greatest: state.pointer(greatest).pointee,
        of: UnsafeBufferPointer(start: x, count: count))
      range.quantize(x, to: state.bytes(target), elements, by: kernels)
      guard elements.lowerBound == 0 else { return }
      state.pointer(scale).pointee = range.scale
      state.bytes(zeroPoint).pointee = range.zero
    }
    emit(step, "quantization", reads: [source, least, greatest], writes: [target, scale, zeroPoint])
  }
}
