import InfoldSystem
import InfoldTensor
import Testing

@Suite struct RandomTensorTests {
  /// The table of Tests/Recorded/efficientnet-lite0/README.md.
  @Test func isTheRecordedStream() throws {
    var generator = SplitMix64(seed: 0)
    #expect(generator.next() == 0xe220_a839_7b1d_cdaf)
    generator = SplitMix64(seed: 1_234_567)
    #expect(generator.next() == 0x599e_d017_fb08_fc85)
    for (seed, expected): (UInt64, [Float]) in [
      (0, [0.7666216, -0.13694406, -0.94713247, 0.9417639]),
      (19, [0.47071707, -0.76674473, -0.27279067, -0.83461404]),
    ] {
      var generator = SplitMix64(seed: seed)
      let tensor = try Tensor(random: [2, 2], of: .float32, using: &generator)
      #expect(tensor.shape == [2, 2])
      #expect(try tensor.elements() == expected)
    }
  }

  @Test(arguments: [
    (ElementType.float64, -1.0..<1.0), (.float16, -1..<1.01), (.bfloat16, -1..<1.01), (.uint8, 0..<256),
    (.int8, -128..<128), (.int16, 0..<10), (.uint16, 0..<10), (.int32, 0..<10), (.uint32, 0..<10), (.int64, 0..<10),
    (.uint64, 0..<10), (.bool, 0..<2),
  ])
  func coversTheRangeOfItsType(type: ElementType, range: Range<Double>) throws {
    var generator = SplitMix64(seed: 3)
    let numbers = try Tensor(random: [5000], of: type, using: &generator).numbers()
    #expect(numbers.allSatisfy(range.contains))
    let width = range.upperBound - range.lowerBound
    let step = type.isFloatingPoint ? 0.02 : 1
    #expect(numbers.min()! <= range.lowerBound + step)
    #expect(numbers.max()! >= range.upperBound - 2 * step)
    #expect(
      abs(numbers.reduce(0, +) / 5000 - (range.lowerBound + range.upperBound - (step == 1 ? 1 : 0)) / 2) < width / 20)
  }

  @Test func refusesWhatHasNoNumbers() {
    var generator = SplitMix64(seed: 0)
    #expect(throws: InfoldError.self) { try Tensor(random: [1], of: .string, using: &generator) }
    #expect(throws: InfoldError.self) { try Tensor(random: [1], of: .complex64, using: &generator) }
    #expect(throws: InfoldError.self) { try Tensor(random: [-1], of: .float32, using: &generator) }
  }
}
