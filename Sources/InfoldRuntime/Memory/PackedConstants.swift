import InfoldGraph
import Synchronization

/// Constants in the form that a kernel reads, for instance the weights of a convolution in panels.
package final class PackedConstant: Sendable {
  /// The packed numbers.
  package let memory: AlignedMemory
  /// What it was made of, kept where another tensor could else take its address.
  private let sources: [Tensor]

  fileprivate init(_ memory: AlignedMemory, sources: [Tensor]) {
    self.memory = memory
    self.sources = sources
  }
}

/// The packed constants of a session, each made once for all plans, and freed with the last plan that uses it.
package final class PackedConstants: Sendable {
  /// What tells one from another: the addresses and shapes of the tensors that it is made of, and how it is made.
  private struct Key: Hashable {
    var sources: [UInt]
    var shapes: [[Int]]
    var form: String
  }

  private struct Entry {
    weak var constant: PackedConstant?
  }

  private let entries = Mutex<[Key: Entry]>([:])
  private let keepsSources: Bool

  /// - Parameter keepsSources: Whether the tensors are kept as well; not needed when all plans are made while somebody
  ///   else keeps them.
  package init(keepsSources: Bool) {
    self.keepsSources = keepsSources
  }

  /// The constant that `fill` makes of `sources`.
  /// - Parameters:
  ///   - form: Says how, with everything that the result depends on beside the sources.
  ///   - byteCount: The bytes that it takes.
  ///   - fill: Writes it, when it is not there yet.
  package func constant(
    of sources: [Tensor], form: String, byteCount: Int,
    _ fill: (UnsafeMutableRawPointer) throws(InfoldError) -> Void
  ) throws(InfoldError) -> PackedConstant {
    let key = Key(
      sources: sources.map { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }, shapes: sources.map(\.shape),
      form: form)
    if let present = entries.withLock({ $0[key]?.constant }) { return present }
    let memory = try AlignedMemory(byteCount: byteCount, populated: true)
    try fill(memory.start)
    let made = PackedConstant(memory, sources: keepsSources ? sources : [])
    return entries.withLock { entries in
      if let earlier = entries[key]?.constant { return earlier }
      entries = entries.filter { $0.value.constant != nil }
      entries[key] = Entry(constant: made)
      return made
    }
  }
}
