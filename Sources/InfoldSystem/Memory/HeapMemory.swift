import Glibc

/// Small memory, from the allocator.
package enum HeapMemory {
  /// Zeroed memory, aligned for every number.
  /// - Returns: `nil` when there is none. `free` gives it back.
  package static func allocateZeroed(byteCount: Int) -> UnsafeMutableRawPointer? {
    calloc(byteCount, 1)
  }

  /// Gives memory back that `allocateZeroed`, or a library in C, has from the allocator; nothing where there is none.
  package static func free(_ start: UnsafeMutableRawPointer?) {
    Glibc.free(start)
  }
}
