import Glibc

/// The bytes of a tensor: zeroed at first, aligned for every SIMD load, freed with the last tensor that shares them.
///
/// Written only while uniquely referenced (`Tensor` checks), so sharing between threads is safe.
final class TensorStorage: @unchecked Sendable {
  static let alignment = 64

  let bytes: UnsafeMutableRawBufferPointer
  /// What the allocator gave; `nil` when the memory is the system's pages.
  private let allocation: UnsafeMutableRawPointer?

  /// Zeroed memory for `byteCount` bytes. The system zeroes large blocks itself, page by page, when they are touched.
  /// - Throws: `InfoldError` with `.limitExceeded` when the system has no such memory.
  init(byteCount: Int) throws(InfoldError) {
    let start: UnsafeMutableRawPointer?
    if byteCount >= PageMemory.smallestByteCount {
      allocation = nil
      start = PageMemory.allocate(byteCount: byteCount)
    } else {
      allocation = calloc(byteCount + Self.alignment, 1)
      start = allocation?.alignedUp(toMultipleOf: Self.alignment)
    }
    guard let start else {
      throw InfoldError(.limitExceeded, "a tensor of \(byteCount) bytes does not fit into memory")
    }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  /// Prepares memory that is about to be written as a whole.
  func populate() {
    if allocation == nil { PageMemory.populate(bytes.baseAddress!, byteCount: bytes.count) }
  }

  deinit {
    if let allocation { free(allocation) } else { PageMemory.free(bytes.baseAddress!, byteCount: bytes.count) }
  }
}
