/// The pseudorandom number generator of Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators" (OOPSLA 2014). Its numbers are the same on every machine, so that tests and
/// measurements can be repeated.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Creates the generator with a seed.
  public init(seed: UInt64) {
    state = seed
  }

  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Skips the next `count` numbers.
  package mutating func skip(_ count: Int) { state &+= Self.step &* UInt64(truncatingIfNeeded: count) }

  public mutating func next() -> UInt64 {
    state &+= Self.step
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
