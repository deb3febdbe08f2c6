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

  /// Lowers a power of float32 numbers. The exponents are float32, or a constant of another type
  /// that float32 represents exactly.
  private func lowerPowers(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let exponents = fused.node.inputs[1], let y = fused.output,
      let sizes = plan.sizes(x), plan.sizes(y) != nil
    else { return false }
    if let tensor = plan.graph.constant(exponents), tensor.elementType != .float32 {
      guard tensor.count == 1, plan.sizes(y) == sizes, case let exponent = try tensor.numbers()[0],
        Double(Float(exponent)) == exponent
      else { return false }
      let layout: Layout = plan.layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
      let source = try plan.location(of: x, layout)
      let number = plan.location(of: .constant(try Tensor(scalar: Float(exponent))))
      plan.emitBinary(
        .power, (sizes, source), ([], number), to: (sizes, plan.define(y, layout, inPlaceOf: x)),
        activation: fused.activation)
      return true
    }
    guard let given = plan.sizes(exponents), let aligned = try? broadcast.aligned(Shape(given), to: Shape(sizes)).sizes
    else { return false }
    return try plan.emitCombination(.power, of: [(x, sizes), (exponents, aligned)], fused)
  }

  /// Lowers a constant scalar exponent that needs no logarithm: 1, 2, 3, −1 or ½.
  private func lowerArithmetic(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x), plan.sizes(y) == sizes,
      let tensor = fused.node.inputs[1].flatMap(plan.graph.constant), tensor.count == 1,
      let exponent = try tensor.numbers().first,
      [1, 2, 3, -1, 0.5].contains(exponent)
    else { return false }
    let layout: Layout = plan.layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try plan.location(of: x, layout)
    // The third power reads the base again after the square has been written.
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
