/// Where blocks that live for some time lie in one stretch of memory, so that blocks that live at the same time do not
/// overlap.
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
  package let offsets: [Int]
  /// The bytes that all of them need together.
  package let byteCount: Int

  package static let alignment = 64

  /// Places the blocks, largest first, each in the smallest gap that it fits among those that live at the same time (Pisarchyk and Lee
  /// 2020, arXiv 2001.03288, "greedy by size").
  package init(_ blocks: [Block]) {
    var offsets = [Int](repeating: 0, count: blocks.count)
    var placed: [(offset: Int, end: Int, lifetime: ClosedRange<Int>)] = []
    var total = 0
    let order = blocks.indices.sorted { (blocks[$0].byteCount, $1) > (blocks[$1].byteCount, $0) }
    for index in order {
      let block = blocks[index]
      let size = (block.byteCount + Self.alignment - 1) & ~(Self.alignment - 1)
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
      total = max(total, place + size)
    }
    self.offsets = offsets
    byteCount = total
  }
}
