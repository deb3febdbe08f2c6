/// A simulation of how the threads of a `WorkerPool` process the tasks of a job.
package struct TaskSchedule {
  /// The time at which the last task ends, counted from the start of the job.
  package let end: Double

  /// Simulates a job. Each worker first takes the tasks of its own share in order, and then steals
  /// from the ends of the other shares.
  ///
  /// - Parameters:
  ///   - times: The duration of each task.
  ///   - workers: The number of workers, at least 1.
  package init(_ times: [Double], workers: Int) {
    var shares = (0..<workers).map { times.indices.part($0, of: workers) }
    var clocks = [Double](repeating: 0, count: workers)
    for _ in times {
      // If several workers become free at the same time, take the first.
      let worker = clocks.indices.min { clocks[$0] < clocks[$1] }!
      if let task = shares[worker].popFirst() {
        clocks[worker] += times[task]
      } else {
        let others = (1..<workers).lazy.map { (worker + $0) % workers }
        let other = others.first { !shares[$0].isEmpty }!
        clocks[worker] += times[shares[other].removeLast()]
      }
    }
    end = clocks.max()!
  }
}
