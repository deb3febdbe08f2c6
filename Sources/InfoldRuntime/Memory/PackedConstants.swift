import InfoldSystem
import InfoldTensor
import Synchronization

/// A constant in the packed format of a kernel, such as the weights of a convolution in panels.
package final class PackedConstant: Sendable {
  private let room: WeightArena.Place

  fileprivate init(_ room: WeightArena.Place) {
    self.room = room
  }

  /// The packed elements.
  var floats: UnsafeMutablePointer<Float> { room.start.assumingMemoryBound(to: Float.self) }
}

/// The packed constants of a session. Each is made once for all plans and freed with the last plan
/// that uses it.
package final class PackedConstants: Sendable {
  /// Identifies a packed constant by its source tensors and its format.
  private struct Key: Hashable {
    var sources: [UInt64]
    var shapes: [[Int]]
    var form: String
  }

  private struct Entry {
    weak var constant: PackedConstant?
  }

  private struct Table {
    var entries: [Key: Entry] = [:]
    /// The number of entries that triggers the next removal of unused ones.
    var nextSweep = 16

    /// Removes unused entries when the number of entries has doubled since the last time.
    mutating func sweep() {
      guard entries.count >= nextSweep else { return }
      entries = entries.filter { $0.value.constant != nil }
      nextSweep = max(16, 2 * entries.count)
    }
  }

  private let table = Mutex(Table())
  private let room = WeightArena()

  /// Creates an empty set.
  package init() {}

  /// Returns the constant that `fill` makes from `sources`, making it if necessary.
  ///
  /// - Parameters:
  ///   - sources: The tensors from which it is made.
  ///   - form: Describes the format, with everything besides the sources that affects the result.
  ///   - byteCount: The size in bytes.
  ///   - fill: Writes the constant.
  package func constant(
    of sources: [Tensor], form: String, byteCount: Int,
    _ fill: (UnsafeMutableRawPointer) throws(InfoldError) -> Void
  ) throws(InfoldError) -> PackedConstant {
    let key = Key(sources: sources.map(\.storageID), shapes: sources.map(\.shape), form: form)
    if let present = table.withLock({ $0.entries[key]?.constant }) { return present }
    for case let block? in sources.map(\.pageBlock) { room.reuse(block) }
    let made = try constant(byteCount: byteCount, fill)
    return table.withLock { table in
      if let earlier = table.entries[key]?.constant { return earlier }
      table.sweep()
      table.entries[key] = Entry(constant: made)
      return made
    }
  }

  /// Returns to the system the memory of released source tensors that no packed constant has
  /// reused.
  package func releaseUnusedMemory() { room.releaseUnused() }

  /// Makes a constant that is used by a single node.
  ///
  /// - Parameters:
  ///   - byteCount: The size in bytes.
  ///   - fill: Writes the constant.
  func constant(
    byteCount: Int, _ fill: (UnsafeMutableRawPointer) throws(InfoldError) -> Void
  ) throws(InfoldError) -> PackedConstant {
    let place = try room.take(byteCount: byteCount)
    try fill(place.start)
    return PackedConstant(place)
  }
}
