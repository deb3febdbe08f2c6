import InfoldGraph
import Synchronization

/// Constants in the form that a kernel reads, for instance the weights of a convolution in panels.
package final class PackedConstant: Sendable {
  private let room: PackingRoom.Place

  fileprivate init(_ room: PackingRoom.Place) {
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

  private let entries = Mutex<[Key: Entry]>([:])
  private let room = PackingRoom()

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
    if let present = entries.withLock({ $0[key]?.constant }) { return present }
    let made = try constant(byteCount: byteCount, fill)
    return entries.withLock { entries in
      if let earlier = entries[key]?.constant { return earlier }
      entries = entries.filter { $0.value.constant != nil }
      entries[key] = Entry(constant: made)
      return made
    }
  }

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
