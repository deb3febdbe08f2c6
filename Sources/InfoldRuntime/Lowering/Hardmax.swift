import InfoldOperators
import InfoldSystem

extension Hardmax: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x), !sizes.isEmpty,
      plan.sizes(y) == sizes, let lines = try? axis.lines(sizes)
    else { return false }
    let source = try plan.location(of: x, .rowMajor), target = plan.define(y, .rowMajor)
    let count = sizes.reduce(1, *), (length, stride) = lines
    let step = RangeStep(units: count / length, cost: 2 * count) { lines, state, _ in
      let (x, y) = (state.pointer(source), state.pointer(target))
      for line in lines {
        let (block, column) = line.quotientAndRemainder(dividingBy: stride)
        let first = block * length * stride + column
        var best = first
        for index in 0..<length {
          let place = first + index * stride
          if !x[best].isNaN && !(x[place] <= x[best]) { best = place }
          y[place] = 0
        }
        y[best] = 1
      }
    }
    plan.emit(step, "search", reads: [source], writes: [target])
    return true
  }
}
