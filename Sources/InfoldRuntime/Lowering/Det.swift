import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Det: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x), let result = plan.sizes(y),
      let size = sizes.last, size <= Self.largestSize
    else { return false }
    let source = try plan.location(of: x, .rowMajor), target = plan.define(y, .rowMajor)
    let count = size * size
    let step = RangeStep(
      units: result.reduce(1, *), cost: saturatedProduct(sizes.reduce(1, *), size),
      scratchByteCount: count * MemoryLayout<Double>.stride
    ) { matrices, state, worker in
      var elements = UnsafeMutableBufferPointer(
        start: state.scratch(of: worker).assumingMemoryBound(to: Double.self), count: count)
      for matrix in matrices {
        let numbers = state.pointer(source) + matrix * count
        for index in 0..<count { elements[index] = Double(numbers[index]) }
        state.pointer(target)[matrix] = Float(Det.determinant(&elements, size))
      }
    }
    plan.emit(step, "elimination", reads: [source], writes: [target])
    return true
  }

  /// The maximum size of a matrix. Larger ones would need much memory per thread.
  private static var largestSize: Int { 1024 }
}
