import InfoldKernelInterface

extension Session {
  /// The most floating-point operations that the session's threads and kernels can do, in 10⁹ per second: multiplications and
  /// additions in registers alone, measured for about a tenth of a second. A multiplication with an addition counts as two.
  package func measureArithmeticPeak() -> Double {
    let (kernels, workers) = (factory.kernels, factory.workers)
    let hasHelpers = workers > 1 && WorkerPool.shared.acquire(helpers: workers - 1)
    defer { if hasHelpers { WorkerPool.shared.release() } }
    let job = PeakJob(kernels: kernels, rounds: 200_000)
    let operations = Double(2 * job.rounds * kernels.multiplyAddChainCount * workers)
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

/// What each thread does in a measurement of the peak.
private struct PeakJob {
  let kernels: any KernelSet.Type
  let rounds: Int

  func run() {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: kernels.multiplyAddChainCount) { sums in
      for index in sums.indices { sums[index] = Float(index) }
      // Towards 2, far from denormal numbers and from infinity.
      kernels.multiplyAddChains(sums.baseAddress!, by: 0.5, plus: 1, rounds: rounds)
    }
  }
}
