import Glibc

/// Small allocations, from the C allocator.
package enum HeapMemory {
  /// Allocates zeroed memory that is aligned for every number type. Release it with `free`.
  /// - Returns: `nil` if there is no memory.
  package static func allocateZeroed(byteCount: Int) -> UnsafeMutableRawPointer? {
    calloc(byteCount, 1)
  }

  /// Frees memory that `allocateZeroed` or a C library allocated. Does nothing for `nil`.
  package static func free(_ start: UnsafeMutableRawPointer?) {
    Glibc.free(start)
  }
}
