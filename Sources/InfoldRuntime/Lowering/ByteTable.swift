import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

extension ByteTable: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, plan.byteSizes(x) != nil, plan.byteSizes(y) != nil,
      let table = fused.node.inputs[1].flatMap(plan.graph.constant), table.count == 256
    else { return false }
    // In planned memory, int8 inputs and results are unsigned.
    let flips = (Int(plan.format(of: x)!.offset), plan.format(of: y)!.offset)
    let constant = try plan.packed.constant(of: [table], form: "table \(flips)", byteCount: 256) { target in
      table.withUnsafeBytes { source in
        for place in 0..<256 {
          target.storeBytes(of: source[place ^ flips.0] ^ flips.1, toByteOffset: place, as: UInt8.self)
        }
      }
    }
    let entries = plan.location(of: .packed(constant))
    let kernels = plan.byteKernels
    try plan.emitPixelwise([x], to: y, "table", constants: [entries]) { loops, operands, result, pixels, state in
      kernels.lookUp(
        loops.pixels(0, state.bytes(operands[0])), loops.pixels(nil, state.bytes(result)),
        table: state.address(entries).assumingMemoryBound(to: UInt8.self), pixels: pixels)
    }
    return true
  }
}
