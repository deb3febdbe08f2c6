import InfoldTensor

extension SplitMix64 {
  /// A tensor of float32 numbers, uniform in `range`.
  public mutating func tensor(_ shape: [Int], in range: ClosedRange<Float> = -1...1) throws -> Tensor {
    var elements: [Float] = []
    for _ in 0..<shape.reduce(1, *) {
      elements.append(range.lowerBound + Float(next() >> 40) * 0x1p-24 * (range.upperBound - range.lowerBound))
    }
    return try Tensor(shape: shape, elements)
  }
}
