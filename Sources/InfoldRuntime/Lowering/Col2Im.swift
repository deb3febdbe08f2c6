import InfoldGraph
import InfoldOperators
import InfoldSystem

extension Col2Im: LoweredOperator {
  /// Sums plane by plane, so that no two threads write to the same elements.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let columns = plan.sizes(x), let image = plan.sizes(y),
      let blocks = try blocks(plan.graph.operatorInputs(of: fused.node))
    else { return false }
    let source = try plan.location(of: x, .rowMajor), target = plan.define(y, .rowMajor)
    let (imageCount, positions, step) = (blocks.imageCount, blocks.positionCount, blocks.step)
    let columnCount = blocks.blockCount * positions
    let sum = RangeStep(units: image[0] * image[1], cost: 2 * columns.reduce(1, *)) { planes, state, _ in
      for plane in planes {
        let x = state.pointer(source) + plane * columnCount, y = state.pointer(target) + plane * imageCount
        y.update(repeating: 0, count: imageCount)
        blocks.forEachRow { element, position, place, count in
          let (x, y) = (x + element * positions + position, y + place)
          if step == 1 {
            for index in 0..<count { y[index] += x[index] }
          } else {
            for index in 0..<count { y[index &* step] += x[index] }
          }
        }
      }
    }
    plan.emit(sum, "sum of blocks", reads: [source], writes: [target])
    return true
  }
}
