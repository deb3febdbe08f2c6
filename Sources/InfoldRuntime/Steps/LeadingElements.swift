import InfoldTensor

/// The first elements along an axis in a sort order, and their indices. If elements are equal, the
/// one with the lower index comes first.
struct LeadingElements: Sendable {
  let block: AxisBlock
  let order: ElementOrder
  /// The number of elements to find, at least 1.
  let count: Int
  let type: ElementType

  var units: Int { block.slices }
  /// A heap of keys with indices.
  var scratchByteCount: Int { count * MemoryLayout<UInt128>.stride }

  func run(
    _ units: Range<Int>, from source: UnsafeRawPointer, values: UnsafeMutableRawPointer,
    indices: UnsafeMutablePointer<Int64>, scratch: UnsafeMutableRawPointer
  ) {
    switch type {
    case .float32: run(units, source, values, indices, scratch, UInt64.self) { (x: Float) in order.key(x) }
    case .int32: run(units, source, values, indices, scratch, UInt64.self) { (x: Int32) in order.key(x) }
    case .uint32: run(units, source, values, indices, scratch, UInt64.self) { (x: UInt32) in order.key(x) }
    case .int64: run(units, source, values, indices, scratch, UInt128.self) { (x: Int64) in order.key(x) }
    case .uint64: run(units, source, values, indices, scratch, UInt128.self) { (x: UInt64) in order.key(x) }
    case .uint8, .int8: run(units, source, values, indices, scratch, UInt64.self) { (x: UInt8) in order.key(x) }
    default: preconditionFailure("no search in \(type)")
    }
  }

  /// - Parameter entry: The type of a heap entry: a key in the upper half, and the complement of
  ///   the index in the lower half.
  @inline(__always)
  private func run<Element: BitwiseCopyable, Key: FixedWidthInteger, Entry: FixedWidthInteger>(
    _ units: Range<Int>, _ source: UnsafeRawPointer, _ values: UnsafeMutableRawPointer,
    _ indices: UnsafeMutablePointer<Int64>, _ scratch: UnsafeMutableRawPointer, _ entry: Entry.Type,
    _ key: (Element) -> Key
  ) {
    let x = source.assumingMemoryBound(to: Element.self), y = values.assumingMemoryBound(to: Element.self)
    let heap = EntryHeap(entries: scratch.assumingMemoryBound(to: Entry.self), count: count)
    let half = Entry.bitWidth / 2, mask: Entry = (1 &<< half) &- 1
    for unit in units {
      let (outer, place) = unit.quotientAndRemainder(dividingBy: block.stride)
      let slice = x + outer * block.count * block.stride + place
      @inline(__always)
      func entry(_ index: Int) -> Entry {
        Entry(truncatingIfNeeded: key(slice[index &* block.stride])) &<< half
          | (mask &- Entry(truncatingIfNeeded: index))
      }
      for index in 0..<count { heap.entries[index] = entry(index) }
      heap.order()
      for index in count..<block.count {
        let next = entry(index)
        if next > heap.entries[0] { heap.replaceLeast(by: next) }
      }
      heap.sort()
      let first = outer * count * block.stride + place
      for rank in 0..<count {
        let index = Int(truncatingIfNeeded: mask &- (heap.entries[rank] & mask))
        y[first + rank * block.stride] = slice[index * block.stride]
        indices[first + rank * block.stride] = Int64(index)
      }
    }
  }
}

/// A binary heap with the smallest entry at the root.
private struct EntryHeap<Entry: FixedWidthInteger> {
  let entries: UnsafeMutablePointer<Entry>
  let count: Int

  @inline(__always)
  private func sink(_ entry: Entry, from start: Int, below count: Int) {
    var place = start
    while true {
      var child = 2 &* place &+ 1
      guard child < count else { break }
      if child &+ 1 < count, entries[child &+ 1] < entries[child] { child &+= 1 }
      guard entries[child] < entry else { break }
      entries[place] = entries[child]
      place = child
    }
    entries[place] = entry
  }

  @inline(__always)
  func order() {
    for place in (0..<count / 2).reversed() { sink(entries[place], from: place, below: count) }
  }

  @inline(__always)
  func replaceLeast(by entry: Entry) { sink(entry, from: 0, below: count) }

  /// Sorts the entries from greatest to least.
  @inline(__always)
  func sort() {
    var rest = count - 1
    while rest > 0 {
      let least = entries[0]
      sink(entries[rest], from: 0, below: rest)
      entries[rest] = least
      rest -= 1
    }
  }
}
