import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

extension Transpose: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.plannedSizes(x),
      let result = plan.plannedSizes(y), plan.format(of: x) == plan.format(of: y)
    else { return false }
    let axes = permutation ?? sizes.indices.reversed()
    let rank = sizes.count
    if (3...5).contains(rank) {
      let toChannelsLast = [0] + Array(2..<rank) + [1], fromChannelsLast = [0, rank - 1] + Array(1..<(rank - 1))
      // Between NCHW and NHWC, only the name of the layout changes.
      if axes == toChannelsLast, let image = ImageShape(sizes), !plan.layouts(of: x).contains(.rowMajor) {
        let place = try plan.location(of: x, .channelsLast)
        if place.pixelStride == image.channels {
          plan.setLocation(y, place.reshaped(result, .rowMajor))
          return true
        }
      }
      if axes == fromChannelsLast, plan.layouts(of: x).contains(.rowMajor) {
        plan.setLocation(y, try plan.location(of: x, .rowMajor).reshaped(result, .channelsLast))
        return true
      }
    }
    if plan.layouts(of: x).contains(.rowMajor), try emitExchange(axes, sizes, x, y, into: &plan) { return true }
    return try plan.emitMovement(fused.node, self, keepsLayout: false)
  }

  /// Adds a transposition that swaps two adjacent groups of axes, after leading axes that stay: a
  /// transposition of matrices.
  private func emitExchange(
    _ axes: [Int], _ sizes: [Int], _ x: ValueID, _ y: ValueID, into plan: inout PlanBuilder
  ) throws(InfoldError) -> Bool {
    // Moving an axis of size 1 moves no elements.
    let moved = axes.filter { sizes[$0] > 1 }
    let kept = zip(moved, moved.sorted()).prefix { $0 == $1 }.count
    let rest = moved[kept...]
    guard let first = rest.first else {
      plan.setLocation(y, try plan.location(of: x, .rowMajor).reshaped(axes.map { sizes[$0] }, .rowMajor))
      return true
    }
    let second = rest.filter { $0 >= first }, before = rest.filter { $0 < first }
    guard Array(rest) == second + before, second == second.sorted(), before == before.sorted() else { return false }
    let source = try plan.location(of: x, .rowMajor)
    let target = plan.define(y, .rowMajor)
    let count = moved[..<kept].reduce(1) { $0 * sizes[$1] }
    let rows = before.reduce(1) { $0 * sizes[$1] }, columns = second.reduce(1) { $0 * sizes[$1] }
    let kernels = plan.kernels
    @Sendable func arguments(_ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer) -> TransposeArguments {
      TransposeArguments(
        input: input, output: output, count: count, rows: rows, columns: columns,
        elementByteCount: source.format.byteCount)
    }
    let nowhere = UnsafeMutablePointer<Float>.nowhere
    let units = arguments(nowhere, nowhere).unitCount
    let step = RangeStep(units: units, cost: 2 * count * rows * columns) { units, state, _ in
      kernels.transpose(arguments(state.address(source), state.address(target)), units: units)
    }
    plan.emit(step, "transpose", reads: [source], writes: [target])
    return true
  }
}
