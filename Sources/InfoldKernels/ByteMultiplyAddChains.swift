extension ByteSet {
  /// Enough sums to hide the latency of their products, with registers left for the weights.
  #if INFOLD_VNNI || INFOLD_DOTPROD
    private typealias Sums = InlineArray<12, Lanes>
  #else
    private typealias Sums = InlineArray<8, Lanes>
  #endif

  @inline(__always)
  private static var chains: Int { Sums.count }

  public static var multiplyAddChainCount: Int { chains &* laneCount }

  @inline(never)
  public static func multiplyAddChains(
    _ sums: UnsafeMutablePointer<Int32>, by weights: UnsafePointer<Int8>, rounds: Int
  ) {
    let factors = repeated(UnsafeRawPointer(weights).assumingMemoryBound(to: UInt8.self))
    var registers = Sums { chain in lanes(at: sums + chain &* laneCount) }
    for _ in 0..<rounds {
      // The factors change in each round, so that no product can be reused.
      for chain in 0..<chains { registers[chain] = addNarrowProducts(to: registers[chain], registers[chain], factors) }
    }
    for chain in 0..<chains {
      UnsafeMutableRawPointer(sums + chain &* laneCount).storeBytes(of: registers[chain], as: Lanes.self)
    }
  }
}
