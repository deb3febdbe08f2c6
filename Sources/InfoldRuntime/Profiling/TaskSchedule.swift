/// When the threads of a `WorkerPool` have done the tasks of a job, by the times of the tasks.
package struct TaskSchedule {
  /// When the last task is done, counted from when the job is put up.
  package let end: Double

  /// Each worker takes the tasks of its own share, the first ones first, and then the last ones of the others' shares.
  /// - Parameters:
  ///   - times: How long each task takes.
  ///   - workers: At least 1.
  package init(_ times: [Double], workers: Int) {
    var shares = (0..<workers).map { times.indices.part($0, of: workers) }
    var clocks = [Double](repeating: 0, count: workers)
    for _ in times {
      // Of those who are free at the same time, the first.
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
