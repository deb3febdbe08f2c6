import CMachine

/// A prefetch of the panel of weights that is read next. While the tiles of one panel are computed,
/// the next panel is prefetched into the second-level cache. With hardware prefetching alone,
/// products whose weights come from the third-level cache lose up to a third of their speed.
struct WeightPrefetch {
  /// The number of panel rows that are read between prefetches.
  static let step = 8
  /// The number of floats in a cache line.
  static let line = 16
  /// The prefetch distance in floats for weights that are read once.
  static let distance = 1024

  private var next: UnsafePointer<Float>
  private var linesPerStep: Int
  private let stepsPerTile: Int
  private var tiles: Int

  /// Prepares the prefetch of a panel with `rows` rows, which `count` tiles share equally.
  /// - Parameter areFetched: Whether to prefetch at all.
  @inline(__always)
  init(_ panel: UnsafePointer<Float>, rows: Int, tiles count: Int, areFetched: Bool) {
    let panelLines = Self.step * Kernels.panelWidth / Self.line
    next = panel
    let share = max(1, (panelLines + count - 1) / count)
    linesPerStep = areFetched ? share : 0
    stepsPerTile = rows / Self.step
    tiles = panelLines / share
  }

  /// Advances to the share of the next tile.
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
