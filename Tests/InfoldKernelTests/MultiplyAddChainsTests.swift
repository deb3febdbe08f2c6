import InfoldKernelInterface
import Testing

@Suite struct MultiplyAddChainsTests {
  /// Halves and small integers: exact, whether rounded once or twice.
  @Test(arguments: convolutionKernelSets.indices) func everyNumberGoesThroughEveryRound(set: Int) {
    let kernels = convolutionKernelSets[set]
    let count = kernels.multiplyAddChainCount
    #expect(count >= 12)
    for rounds in [0, 1, 5] {
      let sums = Buffer((0..<count).map { Float($0) * 32 })
      kernels.multiplyAddChains(sums.base, by: 0.5, plus: 3, rounds: rounds)
      let expected = (0..<count).map { (start: Int) -> Float in
        (0..<rounds).reduce(Float(start) * 32) { (sum: Float, _: Int) -> Float in sum / 2 + 3 }
      }
      #expect(sums.values == expected)
      #expect(sums.isIntact)
    }
  }
}
