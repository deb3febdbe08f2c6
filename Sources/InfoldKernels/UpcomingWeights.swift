import CMachine

/// The panel of weights that is read next. While the tiles of one panel are computed, it is brought into the second-level cache: left
/// to the processor, products whose weights come from the third-level cache lose up to a third of their speed.
struct UpcomingWeights {
  /// Rows of a panel that are read between prefetches.
  static let step = 8
  /// The floats of a line of the cache.
  private static let line = 16

  private var next: UnsafePointer<Float>
  private let linesPerStep: Int

  /// The share of one tile, where `count` tiles read a panel of so many rows one after the other.
  @inline(__always)
  init(_ panel: UnsafePointer<Float>, rows: Int, tile: Int, of count: Int) {
    let panelLines = Self.step * Kernels.panelWidth / Self.line
    let lines = (panelLines + count - 1) / count
    linesPerStep = tile * lines < panelLines ? lines : 0
    next = panel + rows / Self.step * tile * lines * Self.line
  }

  @inline(__always)
  mutating func prefetch() {
    for _ in 0..<linesPerStep {
      infold_prefetch(next)
      next += Self.line
    }
  }
}
