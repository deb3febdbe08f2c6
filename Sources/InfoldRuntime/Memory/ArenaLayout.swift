/// Places memory blocks with known lifetimes in one arena, so that blocks with overlapping
/// lifetimes do not overlap in memory.
package struct ArenaLayout {
  /// A block: its size, and the first and last step that use it.
  package struct Block {
    package var byteCount: Int
    package var lifetime: ClosedRange<Int>

    package init(byteCount: Int, lifetime: ClosedRange<Int>) {
      self.byteCount = byteCount
      self.lifetime = lifetime
    }
  }

  /// The offsets of the blocks in bytes, each a multiple of `alignment`.
  package private(set) var offsets: [Int]
  /// The size of the arena in bytes.
  package private(set) var byteCount = 0

  package static let alignment = 64

  /// The maximum number of blocks placed by pairwise comparison, more than networks have. If there
  /// are more, only the largest blocks are placed this way, and the others by size class.
  private static let comparedCount = 2048

  /// Places the blocks.
  package init(_ blocks: [Block]) {
    offsets = Array(repeating: 0, count: blocks.count)
    let order = blocks.indices.sorted { (blocks[$0].byteCount, $1) > (blocks[$1].byteCount, $0) }
    placeInGaps(order.prefix(Self.comparedCount), of: blocks)
    placeByClasses(order.dropFirst(Self.comparedCount), of: blocks)
  }

  /// Places blocks from largest to smallest, each in the smallest sufficient gap between the blocks
  /// with overlapping lifetimes: "greedy by size" (Pisarchyk and Lee 2020, arXiv 2001.03288).
  private mutating func placeInGaps(_ order: ArraySlice<Int>, of blocks: [Block]) {
    var placed: [(offset: Int, end: Int, lifetime: ClosedRange<Int>)] = []
    for index in order {
      let block = blocks[index]
      let size = Self.aligned(block.byteCount)
      var offset = 0
      var best: (gap: Int, offset: Int)?
      for other in placed where other.lifetime.overlaps(block.lifetime) {
        let gap = other.offset - offset
        if gap >= size, best.map({ gap < $0.gap }) ?? true { best = (gap, offset) }
        offset = max(offset, other.end)
      }
      let place = best?.offset ?? offset
      offsets[index] = place
      let entry = (offset: place, end: place + size, lifetime: block.lifetime)
      placed.insert(entry, at: placed.firstIndex { $0.offset > place } ?? placed.endIndex)
      byteCount = max(byteCount, place + size)
    }
  }

  /// Places blocks after all others, in the order in which their lifetimes begin. Each takes the
  /// place of an expired block of its size class, if there is one. A block occupies at most one
  /// eighth more than its size.
  private mutating func placeByClasses(_ order: ArraySlice<Int>, of blocks: [Block]) {
    let begins = order.sorted { (blocks[$0].lifetime.lowerBound, $0) < (blocks[$1].lifetime.lowerBound, $1) }
    var ends = order.sorted { (blocks[$0].lifetime.upperBound, $0) < (blocks[$1].lifetime.upperBound, $1) }[...]
    var free: [Int: [Int]] = [:]
    for index in begins {
      while let ended = ends.first, blocks[ended].lifetime.upperBound < blocks[index].lifetime.lowerBound {
        free[Self.classSize(blocks[ended].byteCount), default: []].append(offsets[ended])
        ends.removeFirst()
      }
      let size = Self.classSize(blocks[index].byteCount)
      if let place = free[size]?.popLast() {
        offsets[index] = place
      } else {
        offsets[index] = byteCount
        byteCount += size
      }
    }
  }

  /// Rounds up to a multiple of `alignment`.
  static func aligned(_ byteCount: Int) -> Int { (byteCount + alignment - 1) & ~(alignment - 1) }

  /// Returns the size of a block's class. The classes divide each interval between powers of 2
  /// into 8.
  private static func classSize(_ byteCount: Int) -> Int {
    let size = max(aligned(byteCount), alignment)
    let step = max(1 << (Int.bitWidth - 4 - size.leadingZeroBitCount), alignment)
    return (size + step - 1) & ~(step - 1)
  }
}
