import Glibc

/// The bytes of a tensor: zeroed at first, aligned for every SIMD load, freed with the last tensor that shares them.
///
/// Written only while uniquely referenced (`Tensor` checks), so sharing between threads is safe.
final class TensorStorage: @unchecked Sendable {
  static let alignment = 64

  let bytes: UnsafeMutableRawBufferPointer
  private let allocation: UnsafeMutableRawPointer

  /// Zeroed memory for `byteCount` bytes. `calloc` leaves the zeroing of large blocks to the system, page by page.
  /// - Throws: `InfoldError` with `.limitExceeded` when the system has no such memory.
  init(byteCount: Int) throws(InfoldError) {
    let (padded, overflow) = byteCount.addingReportingOverflow(Self.alignment)
    guard !overflow, let allocation = calloc(padded, 1) else {
      throw InfoldError(.limitExceeded, "a tensor of \(byteCount) bytes does not fit into memory")
    }
    self.allocation = allocation
    bytes = UnsafeMutableRawBufferPointer(
      start: allocation.alignedUp(toMultipleOf: Self.alignment), count: byteCount)
  }

  deinit {
    free(allocation)
  }
}
