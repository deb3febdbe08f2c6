import InfoldGraph
import InfoldOperators
import InfoldSystem

extension Cast: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitConversion(of: fused.node.inputs[0], to: fused.output)
  }
}

extension CastLike: LoweredOperator {
  /// Of the second input, only the type counts.
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitConversion(of: fused.node.inputs[0], to: fused.output)
  }
}

extension PlanBuilder {
  /// Adds a conversion of a value's elements to the type of another one.
  /// - Returns: Whether plans have memory for both.
  fileprivate mutating func emitConversion(of x: ValueID?, to y: ValueID?) throws(InfoldError) -> Bool {
    guard let x, let y, let sizes = plannedSizes(x), plannedSizes(y) == sizes, let format = format(of: x),
      let source = graph[x].type?.elementType, let target = graph[y].type?.elementType
    else { return false }
    if format.isQuantized, target == .float32 {
      // As quantized numbers of the scale 1 do.
      try emitDequantization(x, to: y, scale: 1, zeroPoint: Int32(format.offset), "cast")
      return true
    }
    let conversion = ElementConversion(from: source, to: target, lanewiseKernels)
<<<<<<< HEAD
    // With others that go over the numbers, rounding to a narrow type and back goes no farther than the first-level cache.
    emitElementwise(operands, "cast", reads: [input], write: output, cost: sizes.reduce(2, *)) { pixels, places in
      conversion.run(pixels, operands, from: places.sourceAddress(input), to: places.targetAddress(output))
=======
    try emitPixelwise([x], to: y, "cast") { loops, operands, result, pixels, frame in
      conversion.run(pixels, loops, from: frame.address(operands[0]), to: frame.address(result))
>>>>>>> 97c6652136b78f542286697949802a60d58662c0
    }
    return true
  }
}
