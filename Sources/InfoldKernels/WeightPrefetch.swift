import CMachine

/// The panel of weights that is read next. While the tiles of one panel are computed, it is brought into the second-level cache: left
/// to the processor, products whose weights come from the third-level cache lose up to a third of their speed.
struct WeightPrefetch {
  /// Rows of a panel that are read between prefetches.
  static let step = 8
  /// The floats of a line of the cache.
  static let line = 16
  /// How far ahead of what is read weights are fetched that are read once.
  static let distance = 1024

  private var next: UnsafePointer<Float>
  private var linesPerStep: Int
  private let stepsPerTile: Int
  private var tiles: Int

  /// Where so many tiles read a panel of so many rows one after the other, of which each takes its share.
  /// - Parameter areFetched: Whether there is anything to bring near.
  @inline(__always)
  init(_ panel: UnsafePointer<Float>, rows: Int, tiles count: Int, areFetched: Bool) {
    let panelLines = Self.step * Kernels.panelWidth / Self.line
    next = panel
    let share = max(1, (panelLines + count - 1) / count)
    linesPerStep = areFetched ? share : 0
    stepsPerTile = rows / Self.step
    tiles = panelLines / share
  }

  /// Goes on to the share of the next tile.
  @inline(__always)
  mutating func advance() {
    next += stepsPerTile * linesPerStep * Self.line
    tiles -= 1
    if tiles == 0 { linesPerStep = 0 }
  }

  @inline(__always)
  mutating func prefetch() {
    for _ in 0..<linesPerStep {
      infold_prefetch(next)
      next += Self.line
    }
  }
}
