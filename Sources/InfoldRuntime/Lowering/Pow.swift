import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Pow: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    if try lowerArithmetic(fused, into: &plan) { return true }
    return try lowerPowers(fused, into: &plan)
  }

  /// Any numbers of float32, computed in double precision; constant exponents may be of another type.
  private func lowerPowers(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let exponents = fused.node.inputs[1], let y = fused.output,
      let sizes = plan.sizes(x), plan.sizes(y) != nil, let given = plan.graph[exponents].type?.shape?.sizes,
      let aligned = try? broadcast.aligned(Shape(given), to: Shape(sizes)).sizes
    else { return false }
    if let tensor = plan.graph.constant(exponents), tensor.count == 1, plan.sizes(y) == sizes {
      let exponent = try tensor.numbers()[0]
      try plan.emitBroadcast([(x, sizes)], to: y) { loops, units, operand, result in
        let x = operand(0).assumingMemoryBound(to: Float.self), y = result.assumingMemoryBound(to: Float.self)
        loops.forEachRun(units) { count, place, stride in
          for index in 0..<count {
            let base = Double(x[place(1) + index * stride(1)])
            y[place(0) + index * stride(0)] = Float(InfoldSystem.power(base, exponent))
          }
        }
      }
      return true
    }
    guard plan.sizes(exponents) != nil else { return false }
    try plan.emitBroadcast([(x, sizes), (exponents, aligned)], to: y) { loops, units, operand, result in
      let x = operand(0).assumingMemoryBound(to: Float.self), powers = operand(1).assumingMemoryBound(to: Float.self)
      let y = result.assumingMemoryBound(to: Float.self)
      loops.forEachRun(units) { count, place, stride in
        for index in 0..<count {
          let base = Double(x[place(1) + index * stride(1)]), exponent = Double(powers[place(2) + index * stride(2)])
          y[place(0) + index * stride(0)] = Float(InfoldSystem.power(base, exponent))
        }
      }
    }
    return true
  }

  /// A constant exponent that is one number and needs no logarithm: 1, 2, 3, −1 and ½.
  private func lowerArithmetic(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x), plan.sizes(y) == sizes,
      let tensor = fused.node.inputs[1].flatMap(plan.graph.constant), tensor.count == 1,
      let exponent = try tensor.numbers().first,
      [1, 2, 3, -1, 0.5].contains(exponent)
    else { return false }
    let layout: Layout = plan.layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try plan.location(of: x, layout)
    // The third power reads the base again when the square is there.
    let target = plan.define(y, layout, inPlaceOf: exponent == 3 ? nil : x)
    switch exponent {
    case 1: plan.emitUnary(.identity, sizes, from: source, to: target)
    case -1: plan.emitUnary(.reciprocal, sizes, from: source, to: target)
    case 0.5: plan.emitUnary(.halfPower, sizes, from: source, to: target)
    default:
      plan.emitBinary(.multiply, (sizes, source), (sizes, source), to: (sizes, target))
      if exponent == 3 { plan.emitBinary(.multiply, (sizes, target), (sizes, source), to: (sizes, target)) }
    }
    return true
  }
}
