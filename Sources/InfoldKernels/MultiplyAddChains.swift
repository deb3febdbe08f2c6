extension Kernels {
  /// Enough sums to hide the latency of an addition, with registers left for the two factors.
  @inline(__always)
  private static var chains: Int { 12 }

  public static var multiplyAddChainCount: Int { chains * Vector.scalarCount }

  @inline(never)
  public static func multiplyAddChains(
    _ sums: UnsafeMutablePointer<Float>, by factor: Float, plus addend: Float, rounds: Int
  ) {
    let factors = Vector(repeating: factor), addends = Vector(repeating: addend)
    var registers = InlineArray<12, Vector> { chain in Vector(at: sums + chain &* Vector.scalarCount) }
    for _ in 0..<rounds {
      for chain in 0..<chains { registers[chain] = .multiplyAdd(registers[chain], factors, addends) }
    }
    for chain in 0..<chains { registers[chain].store(at: sums + chain &* Vector.scalarCount) }
  }
}
