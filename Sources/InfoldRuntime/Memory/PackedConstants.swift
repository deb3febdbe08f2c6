import InfoldSystem
import InfoldTensor
import Synchronization

/// Constants in the form that a kernel reads, for instance the weights of a convolution in panels.
package final class PackedConstant: Sendable {
  private let room: WeightArena.Place

  fileprivate init(_ room: WeightArena.Place) {
    self.room = room
  }

  /// The packed numbers.
  var floats: UnsafeMutablePointer<Float> { room.start.assumingMemoryBound(to: Float.self) }
}

/// The packed constants of a session, each made once for all plans, and freed with the last plan that uses it.
package final class PackedConstants: Sendable {
  /// What tells one from another: the tensors that it is made of, and how it is made.
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
    /// The number of entries at which those that nobody uses any more are looked for next.
    var nextSweep = 16

    /// Forgets entries that nobody uses any more, each time that as many have come as there were.
    mutating func sweep() {
      guard entries.count >= nextSweep else { return }
      entries = entries.filter { $0.value.constant != nil }
      nextSweep = max(16, 2 * entries.count)
    }
  }

  private let table = Mutex(Table())
  private let room = WeightArena()

  /// None yet.
  package init() {}

  /// The constant that `fill` makes of `sources`.
  /// - Parameters:
  ///   - form: Says how, with everything that the result depends on beside the sources.
  ///   - byteCount: The bytes that it takes.
  ///   - fill: Writes it, when it is not there yet.
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

  /// Gives the memory to the system that the tensors of packed constants have left, and that no other constant has taken.
  package func releaseUnusedMemory() { room.releaseUnused() }

  /// A constant for one node alone.
  /// - Parameter fill: Writes it.
  func constant(
    byteCount: Int, _ fill: (UnsafeMutableRawPointer) throws(InfoldError) -> Void
  ) throws(InfoldError) -> PackedConstant {
    let place = try room.take(byteCount: byteCount)
    try fill(place.start)
    return PackedConstant(place)
  }
}
