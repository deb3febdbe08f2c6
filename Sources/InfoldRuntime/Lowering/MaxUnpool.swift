import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension MaxUnpool: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { index == 1 }

  /// If the result has the shape of the pooled tensor, an index is an offset in it.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let indices = fused.node.inputs[1], let y = fused.output,
      let sizes = plan.sizes(x), plan.plannedSizes(indices) == sizes, let result = plan.sizes(y),
      let pooled = try? pooledShape(Shape(sizes)).sizes, pooled == result
    else { return false }
    let source = try plan.location(of: x, .rowMajor), places = try plan.location(of: indices, .rowMajor)
    let target = plan.define(y, .rowMajor)
    let (count, resultCount) = (sizes.reduce(1, *), result.reduce(1, *))
    let clear = RangeStep(units: resultCount, cost: resultCount) { range, state, _ in
      (state.pointer(target) + range.lowerBound).update(repeating: 0, count: range.count)
    }
    // If indices are equal, the last one wins.
    let put = RangeStep(units: 1, cost: 0) { _, state, _ in
      let (x, y) = (state.pointer(source), state.pointer(target))
      let places = state.address(places).assumingMemoryBound(to: Int64.self)
      for index in 0..<count { y[Int(places[index])] = x[index] }
    }
    let check = CheckedStep(
      label: fused.label,
      check: { state throws(InfoldError) in
        let places = state.address(places).assumingMemoryBound(to: Int64.self)
        for index in 0..<count where places[index] < 0 || places[index] >= resultCount {
          throw Self.outside(Int(places[index]), of: resultCount, pooled)
        }
      }, passes: [clear, put])
    plan.emit(check, "indexed copy", reads: [source, places], writes: [target])
    return true
  }
}
