import InfoldGraph

/// The generator of the recorded expectations: the same numbers from the same seed, in any language.
public struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [0, 1), with 24 bits.
  public mutating func uniform() -> Float {
    Float(next() >> 40) * 0x1p-24
  }

  /// A tensor of float32 numbers, uniform in `range`.
  public mutating func tensor(_ shape: [Int], in range: ClosedRange<Float> = -1...1) throws -> Tensor {
    var elements: [Float] = []
    for _ in 0..<shape.reduce(1, *) {
      elements.append(range.lowerBound + uniform() * (range.upperBound - range.lowerBound))
    }
    return try Tensor(shape: shape, elements)
  }
}
