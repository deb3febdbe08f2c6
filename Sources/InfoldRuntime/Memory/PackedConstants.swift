import InfoldGraph
import Synchronization

/// Constants in the form that a kernel reads, for instance the weights of a convolution in panels.
package final class PackedConstant: Sendable {
  /// The packed numbers.
  package let memory: AlignedMemory

  init(_ memory: AlignedMemory) {
    self.memory = memory
  }
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
    let memory = try AlignedMemory(byteCount: byteCount, populated: true)
    try fill(memory.start)
    let made = PackedConstant(memory)
    return entries.withLock { entries in
      if let earlier = entries[key]?.constant { return earlier }
      entries = entries.filter { $0.value.constant != nil }
      entries[key] = Entry(constant: made)
      return made
    }
  }
}
