import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Trilu: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    var given = 0
    if fused.node.inputs.count > 1, let id = fused.node.inputs[1] {
      guard let diagonal = try plan.graph.constant(id)?.integers().first else { return false }
      given = diagonal
    }
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.plannedSizes(x),
      plan.plannedSizes(y) == sizes, let format = plan.format(of: x)
    else { return false }
    let source = try plan.location(of: x, .rowMajor), target = plan.define(y, .rowMajor, inPlaceOf: x)
    let rows = sizes[sizes.count - 2], columns = sizes[sizes.count - 1]
    let step = RangeStep(units: sizes.dropLast().reduce(1, *), cost: sizes.reduce(2, *)) {
      [self, given] units, state, _ in
      let (x, y) = (state.address(source), state.address(target))
      for row in units {
        let kept = kept(row % rows, diagonal: given, rows: rows, columns: columns)
        func bytes(_ part: Range<Int>) -> (first: Int, count: Int) {
          ((row * columns + part.lowerBound) * format.byteCount, part.count * format.byteCount)
        }
        for cleared in [0..<kept.lowerBound, kept.upperBound..<columns] {
          let (first, count) = bytes(cleared)
          // The zero of a quantized number is the offset added to it.
          (y + first).initializeMemory(as: UInt8.self, repeating: format.offset, count: count)
        }
        let (first, count) = bytes(kept)
        if x != UnsafeRawPointer(y) { (y + first).copyMemory(from: x + first, byteCount: count) }
      }
    }
    plan.emit(step, "copy", reads: [source], writes: [target])
    return true
  }
}
