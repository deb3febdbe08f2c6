import InfoldKernelInterface
import Synchronization

extension MatrixKernels {
  /// Packs a matrix. The calling thread is helped by up to `workers` − 1 threads if the matrix is
  /// large enough and the pool is free.
  static func pack(_ arguments: PackArguments, workers: Int) {
    let elements = arguments.columns.count * arguments.taps * arguments.channels
    sharePacking(arguments.columns, panelWidth, elements: elements, workers: workers) { columns in
      var part = arguments
      part.columns = columns
      pack(part)
    }
  }

  /// Packs weights for Winograd's algorithm, on several threads like `pack`.
  ///
  /// - Returns: Whether the weights suit the algorithm.
  static func packWinograd(_ arguments: WinogradPackArguments, workers: Int) -> Bool {
    let areSuitable = Atomic(true)
    let elements = arguments.columns.count * 9 * arguments.channels
    sharePacking(arguments.columns, panelWidth, elements: elements, workers: workers) { columns in
      var part = arguments
      part.columns = columns
      // Relaxed ordering: the end of the job publishes it to the thread that waits.
      if !packWinograd(part) { areSuitable.store(false, ordering: .relaxed) }
    }
    return areSuitable.load(ordering: .relaxed)
  }
}

extension MatrixUnitKernels {
  /// Packs a matrix for a matrix unit, on several threads like `MatrixKernels.pack`.
  ///
  /// - Returns: Whether the weights suit the factors.
  static func pack(_ arguments: PackArguments, _ factors: BFloat16Factors, workers: Int) -> Bool {
    let areSuitable = Atomic(true)
    let elements = arguments.columns.count * arguments.taps * arguments.channels
    sharePacking(arguments.columns, panelWidth, elements: elements, workers: workers) { columns in
      var part = arguments
      part.columns = columns
      // Relaxed ordering: the end of the job publishes it to the thread that waits.
      if !pack(part, factors) { areSuitable.store(false, ordering: .relaxed) }
    }
    return areSuitable.load(ordering: .relaxed)
  }
}

/// Calls `pack` once for all columns, or concurrently for parts of them.
private func sharePacking(
  _ columns: Range<Int>, _ panelWidth: Int, elements: Int, workers: Int, _ pack: (Range<Int>) -> Void
) {
  let panels = (columns.count + panelWidth - 1) / panelWidth
  let parts = min(workers, panels)
  guard parts > 1, elements >= 1 << 16, WorkerPool.shared.acquire(helpers: parts - 1) else { return pack(columns) }
  defer { WorkerPool.shared.release() }
  withoutActuallyEscaping(pack) { pack in
    let job = PackingJob(columns: columns, panelWidth: panelWidth, panels: panels, parts: parts, pack: pack)
    withUnsafePointer(to: job) { job in
      WorkerPool.shared.run(tasks: parts, workers: parts, context: job) { context, task, _ in
        context.assumingMemoryBound(to: PackingJob.self).pointee.run(task)
      }
    }
  }
}

/// A matrix that several threads pack, as a job of the worker pool.
private struct PackingJob {
  let columns: Range<Int>
  let panelWidth: Int
  let panels: Int
  let parts: Int
  let pack: (Range<Int>) -> Void

  /// Packs the panels of one part.
  func run(_ part: Int) {
    let share = (0..<panels).part(part, of: parts)
    let first = columns.lowerBound
    pack(first + share.lowerBound * panelWidth..<min(first + share.upperBound * panelWidth, columns.upperBound))
  }
}
