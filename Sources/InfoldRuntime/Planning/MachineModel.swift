import InfoldKernelInterface
import InfoldSystem

/// What plans know of the machine that they are made for. No result depends on it, only the time that it takes: what
/// is measured may be another in the next process.
struct MachineModel: Sendable {
  /// The bytes of a core's second-level cache.
  var secondLevelCache: Int
  /// Whether the vectors of the product kernels are multiplied as fast as the shorter ones of the others. Some processors take
  /// wide vectors in two halves.
  let hasFullWidth: Bool

  /// What portable kernels suppose, so that their plans are the same on every machine.
  static let portable = MachineModel(secondLevelCache: 1 << 20, hasFullWidth: false)
}

extension MachineModel {
  /// This machine, for kernels of two widths.
  init(products: any ConvolutionKernels.Type, others: any ConvolutionKernels.Type) {
    secondLevelCache = min(max(CacheSizes.secondLevel ?? 1 << 20, 1 << 18), 1 << 23)
    let widths = Double(products.vectorWidth) / Double(others.vectorWidth)
    hasFullWidth = widths > 1 && Self.measuredSpeedup(of: products, over: others) > (1 + widths) / 2
  }

  /// How many times as many products a second one set does as the other, in registers alone. It takes a tenth of a millisecond.
  private static func measuredSpeedup(
    of products: any ConvolutionKernels.Type, over others: any ConvolutionKernels.Type
  ) -> Double {
    var best = [UInt64.max, UInt64.max]
    // A core may need some microseconds before it is as fast with wide vectors as it can be.
    for _ in 0..<16 {
      for (index, kernels) in [products, others].enumerated() {
        best[index] = min(best[index], kernels.multiplyAddTime(rounds: 500))
      }
    }
    let work = Double(products.multiplyAddChainCount) / Double(others.multiplyAddChainCount)
    return work * Double(best[1]) / Double(best[0])
  }
}

extension ConvolutionKernels {
  /// The nanoseconds that so many rounds of multiplications with an addition take.
  fileprivate static func multiplyAddTime(rounds: Int) -> UInt64 {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: multiplyAddChainCount) { sums in
      sums.initialize(repeating: 1)
      let begin = MonotonicClock.nanoseconds()
      multiplyAddChains(sums.baseAddress!, by: 0.5, plus: 1, rounds: rounds)
      return max(MonotonicClock.nanoseconds() - begin, 1)
    }
  }
}
