import InfoldKernelInterface

extension MatrixKernels {
  /// Packs a matrix by the caller and up to `workers` − 1 threads of the pool, where it is large enough, and the pool is free.
  static func pack(_ arguments: PackArguments, workers: Int) {
    let panels = (arguments.columns.count + panelWidth - 1) / panelWidth
    let elements = arguments.columns.count * arguments.taps * arguments.channels
    let parts = min(workers, panels)
    guard parts > 1, elements >= 1 << 16, WorkerPool.shared.acquire(helpers: parts - 1) else { return pack(arguments) }
    defer { WorkerPool.shared.release() }
    withUnsafePointer(to: PackingJob(kernels: self, arguments: arguments, panels: panels, parts: parts)) { job in
      WorkerPool.shared.run(tasks: parts, workers: parts, context: job) { context, task, _ in
        context.assumingMemoryBound(to: PackingJob.self).pointee.run(task)
      }
    }
  }
}

/// What threads that pack a matrix together know of it.
private struct PackingJob {
  let kernels: any MatrixKernels.Type
  let arguments: PackArguments
  let panels: Int
  let parts: Int

  /// Packs the panels of one part.
  func run(_ part: Int) {
    let share = (0..<panels).part(part, of: parts)
    let (first, end) = (arguments.columns.lowerBound, arguments.columns.upperBound)
    var arguments = arguments
    arguments.columns =
      first + share.lowerBound * kernels.panelWidth..<min(first + share.upperBound * kernels.panelWidth, end)
    kernels.pack(arguments)
  }
}
