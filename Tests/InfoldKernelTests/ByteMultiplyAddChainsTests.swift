import InfoldKernelInterface
import Testing

@Suite struct ByteMultiplyAddChainsTests {
  /// Bytes of all magnitudes, in sums that wrap around.
  @Test(arguments: byteKernelSets.indices) func everySumGoesThroughEveryRound(set: Int) {
    let kernels = byteKernelSets[set]
    let count = kernels.multiplyAddChainCount
    #expect(count >= 12)
    let weights: [Int8] = [-128, 127, 3, -7]
    for rounds in [0, 1, 5] {
      let first = (0..<count).map { Int32(truncatingIfNeeded: $0 &* 0x9e37_79b9) }
      var sums = first
      sums.withUnsafeMutableBufferPointer { kernels.multiplyAddChains($0.baseAddress!, by: weights, rounds: rounds) }
      let expected = first.map { start in
        (0..<rounds).reduce(start) { sum, _ in
          (0..<4).reduce(sum) { total, place in
            let byte = UInt8(truncatingIfNeeded: sum >> (8 * place))
            return total &+ Int32(byte) &* Int32(weights[place])
          }
        }
      }
      #expect(sums == expected)
    }
  }
}
