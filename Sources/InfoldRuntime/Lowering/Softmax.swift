import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

extension Softmax: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitSoftmax(fused, axis, isLogarithmic: false)
  }
}

extension LogSoftmax: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitSoftmax(fused, axis, isLogarithmic: true)
  }
}

extension PlanBuilder {
  fileprivate mutating func emitSoftmax(
    _ fused: FusedNode, _ axis: SoftmaxAxis, isLogarithmic: Bool
  ) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = sizes(x), !sizes.isEmpty,
      let lines = try? axis.lines(sizes)
    else { return false }
    let source: Location, target: Location, stride: Int, targetStride: Int
    if lines.stride == 1 {
      source = try location(of: x, .rowMajor)
      target = define(y, .rowMajor, inPlaceOf: x)
      (stride, targetStride) = (lines.length, lines.length)
    } else if let image = ImageShape(sizes), lines.length == image.channels, lines.stride == image.pixels {
      source = try location(of: x, .channelsLast)
      target = define(y, .channelsLast, inPlaceOf: x)
      (stride, targetStride) = (source.pixelStride, target.pixelStride)
    } else {
      return false
    }
    let count = sizes.reduce(1, *)
    let rows = count / lines.length
    let kernels = kernels
    let step = RangeStep(units: rows, cost: 8 * count) { range, state, _ in
      kernels.softmax(
        SoftmaxArguments(
          input: state.pointer(source), inputStride: stride, output: state.pointer(target), outputStride: targetStride,
          rows: rows, columns: lines.length, isLogarithmic: isLogarithmic),
        rows: range)
    }
    emit(step, "softmax", reads: [source], writes: [target])
    return true
  }
}
