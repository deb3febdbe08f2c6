import InfoldKernelInterface
import InfoldSystem

extension Session {
  /// Measures the peak floating-point throughput of the session's threads and kernels, in GFLOP/s.
  /// It runs multiply-adds in registers only, for about a tenth of a second. A multiply-add counts
  /// as two operations.
  package func measureArithmeticPeak() -> Double {
    let kernels = factory.kernels.products
    return measurePeak(multiplyAdds: kernels.multiplyAddChainCount, .floats(kernels))
  }

  /// Measures the peak throughput for quantized numbers: products of bytes, accumulated in 32 bits.
  package func measureBytePeak() -> Double {
    let kernels = factory.kernels.bytes
    return measurePeak(multiplyAdds: 4 * kernels.multiplyAddChainCount, .bytes(kernels))
  }

  /// - Parameter multiplyAdds: The number of multiply-adds per round of the job.
  private func measurePeak(multiplyAdds: Int, _ job: PeakJob) -> Double {
    let workers = factory.workers
    let hasHelpers = workers > 1 && WorkerPool.shared.acquire(helpers: workers - 1)
    defer { if hasHelpers { WorkerPool.shared.release() } }
    let operations = Double(2 * peakRounds * multiplyAdds * workers)
    var shortest = UInt64.max
    let begin = MonotonicClock.nanoseconds()
    while MonotonicClock.nanoseconds() - begin < 100_000_000 {
      let start = MonotonicClock.nanoseconds()
      if hasHelpers {
        withUnsafePointer(to: job) { job in
          WorkerPool.shared.run(tasks: workers, workers: workers, context: job) { context, _, _ in
            context.assumingMemoryBound(to: PeakJob.self).pointee.run()
          }
        }
      } else {
        for _ in 0..<workers { job.run() }
      }
      shortest = min(shortest, max(MonotonicClock.nanoseconds() - start, 1))
    }
    return operations / Double(shortest)
  }
}

/// The number of rounds per job.
private let peakRounds = 200_000

/// The job of each thread in a peak measurement.
private enum PeakJob {
  case floats(any ConvolutionKernels.Type)
  case bytes(any ByteKernels.Type)

  func run() {
    switch self {
    case .floats(let kernels):
      withUnsafeTemporaryAllocation(of: Float.self, capacity: kernels.multiplyAddChainCount) { sums in
        for index in sums.indices { sums[index] = Float(index) }
        // The sums converge to 2, far from subnormal numbers and infinity.
        kernels.multiplyAddChains(sums.baseAddress!, by: 0.5, plus: 1, rounds: peakRounds)
      }
    case .bytes(let kernels):
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: kernels.multiplyAddChainCount) { sums in
        for index in sums.indices { sums[index] = Int32(index) }
        withUnsafeTemporaryAllocation(of: Int8.self, capacity: 4) { weights in
          for index in weights.indices { weights[index] = Int8(index) - 2 }
          kernels.multiplyAddChains(sums.baseAddress!, by: weights.baseAddress!, rounds: peakRounds)
        }
      }
    }
  }
}
