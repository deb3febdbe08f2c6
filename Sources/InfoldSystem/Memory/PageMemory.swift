import Glibc

/// Large allocations, mapped directly from the system and returned to it when freed. A process
/// first loads a network and then packs it. The C allocator would keep the freed memory, and
/// fragmentation would prevent its reuse.
package enum PageMemory {
  /// The smallest allocation for which mapping pages pays off.
  package static let smallestByteCount = 1 << 18

  /// The page size: 4 KB on x86-64, and 4, 16 or 64 KB on arm64, depending on the kernel's
  /// configuration.
  private static let page = sysconf(Int32(_SC_PAGESIZE))

  /// The size of a huge page. Allocations of at least this size request huge pages, which are
  /// populated much faster and need fewer address translations when memory is traversed. Where
  /// pages are larger than 4 KB, so are huge pages. Allocations then still begin on a page.
  package static let hugePage = 1 << 21

  /// Allocates zeroed memory that begins on a page. Release it with `free`.
  /// - Returns: `nil` if the system has no memory.
  package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer? {
    let isHuge = byteCount >= hugePage
    guard let start = allocate(byteCount: byteCount, alignment: isHuge ? hugePage : page) else { return nil }
    // Only whole huge pages, because a partial one would use more memory than requested.
    if isHuge { madvise(start, byteCount & ~(hugePage - 1), Int32(MADV_HUGEPAGE)) }
    return start
  }

  /// Allocates memory that will be written sparsely, on small pages.
  package static func reserve(byteCount: Int) -> UnsafeMutableRawPointer? {
    allocate(byteCount: byteCount, alignment: page)
  }

  private static func allocate(byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer? {
    let length = rounded(byteCount)
    let (reserved, overflow) = length.addingReportingOverflow(alignment - page)
    guard byteCount > 0, length > 0, !overflow,
      let start = mmap(nil, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), start != MAP_FAILED
    else { return nil }
    let aligned = start.alignedUp(toMultipleOf: alignment)
    let before = aligned - start
    if before > 0 { munmap(start, before) }
    let after = reserved - before - length
    if after > 0 { munmap(aligned + length, after) }
    return aligned
  }

  /// Frees memory that this type allocated.
  package static func free(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    munmap(start, rounded(byteCount))
  }

  /// Commits all pages at once. Otherwise each page costs a page fault on first access.
  package static func populate(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    // MADV_POPULATE_WRITE. Where the system does not support it, pages are committed on first
    // access.
    madvise(start, rounded(byteCount), 23)
  }

  /// Returns the whole pages in a range to the system. Their contents are lost.
  package static func discard(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    let first = start.alignedUp(toMultipleOf: page), end = (start + byteCount).alignedDown(toMultipleOf: page)
    if first < end { madvise(first, end - first, Int32(MADV_DONTNEED)) }
  }

  /// Rounds up to whole pages. Returns 0 on overflow.
  private static func rounded(_ byteCount: Int) -> Int {
    let (sum, overflow) = byteCount.addingReportingOverflow(page - 1)
    return overflow ? 0 : sum & ~(page - 1)
  }
}
