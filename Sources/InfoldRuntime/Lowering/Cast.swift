import InfoldGraph
import InfoldOperators
import InfoldSystem

extension Cast: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitConversion(of: fused.node.inputs[0], to: fused.output)
  }
}

extension CastLike: LoweredOperator {
  /// Only the type of the second input matters.
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitConversion(of: fused.node.inputs[0], to: fused.output)
  }
}

extension PlanBuilder {
  /// Adds a conversion of a value's elements to the type of another value.
  ///
  /// - Returns: Whether plans can store both types.
  fileprivate mutating func emitConversion(of x: ValueID?, to y: ValueID?) throws(InfoldError) -> Bool {
    guard let x, let y, let sizes = plannedSizes(x), plannedSizes(y) == sizes, let format = format(of: x),
      let source = graph[x].type?.elementType, let target = graph[y].type?.elementType
    else { return false }
    if format.isQuantized, target == .float32 {
      // As for quantized numbers with scale 1.
      try emitDequantization(x, to: y, scale: 1, zeroPoint: Int32(format.offset), "cast")
      return true
    }
    let conversion = ElementConversion(from: source, to: target, lanewiseKernels)
    try emitPixelwise([x], to: y, "cast") { loops, operands, result, pixels, state in
      conversion.run(pixels, loops, from: state.address(operands[0]), to: state.address(result))
    }
    return true
  }
}
