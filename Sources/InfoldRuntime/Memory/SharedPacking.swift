import InfoldKernelInterface
import Synchronization

extension MatrixKernels {
  /// Packs a matrix by the caller and up to `workers` − 1 threads of the pool, where it is large enough, and the pool is free.
  static func pack(_ arguments: PackArguments, workers: Int) {
    let elements = arguments.columns.count * arguments.taps * arguments.channels
    share(arguments.columns, elements: elements, workers: workers) { columns in
      var part = arguments
      part.columns = columns
      pack(part)
    }
  }

  /// Packs weights for Winograd's algorithm in the same way.
  /// - Returns: Whether they suit the algorithm.
  static func packWinograd(_ arguments: WinogradPackArguments, workers: Int) -> Bool {
    let areSuitable = Atomic(true)
    share(arguments.columns, elements: arguments.columns.count * 9 * arguments.channels, workers: workers) { columns in
      var part = arguments
      part.columns = columns
      // Relaxed: the end of the job brings it to whoever waits for that.
      if !packWinograd(part) { areSuitable.store(false, ordering: .relaxed) }
    }
    return areSuitable.load(ordering: .relaxed)
  }

  /// Calls `pack` for all of the columns, or for parts of them at the same time.
  private static func share(
    _ columns: Range<Int>, elements: Int, workers: Int, _ pack: (Range<Int>) -> Void
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
}

/// What threads that pack a matrix together know of it.
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
