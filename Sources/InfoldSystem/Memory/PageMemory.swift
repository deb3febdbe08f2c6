import Glibc

/// Large memory straight from the system, to which it goes back when it is freed: the allocator would keep it, in pieces, for
/// a process that first loads a network and then packs it.
package enum PageMemory {
  /// Smaller blocks are better off with the allocator.
  package static let smallestByteCount = 1 << 18

  /// 4 KB on x86-64; on arm64 4, 16 or 64 KB, as the system was built.
  private static let page = sysconf(Int32(_SC_PAGESIZE))

  /// Blocks of this size and larger are asked to lie on huge pages, which are made in a fraction of the time, and whose long walks
  /// need few address translations. (Where pages are larger than 4 KB, so are those: blocks still begin on whole pages then.)
  package static let hugePage = 1 << 21

  /// Zeroed memory, which begins on a page.
  /// - Returns: `nil` when the system has no such memory. `free` gives it back.
  package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer? {
    let isHuge = byteCount >= hugePage
    guard let start = allocate(byteCount: byteCount, alignment: isHuge ? hugePage : page) else { return nil }
    // Whole ones: the rest would take more memory than it has bytes.
    if isHuge { madvise(start, byteCount & ~(hugePage - 1), Int32(MADV_HUGEPAGE)) }
    return start
  }

  /// The same for memory that is going to be written here and there: on small pages.
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
    let behind = reserved - before - length
    if behind > 0 { munmap(aligned + length, behind) }
    return aligned
  }

  /// Gives memory of `allocate` back.
  package static func free(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    munmap(start, rounded(byteCount))
  }

  /// Has the system provide all pages now, in one go: when they are touched one by one, each costs an interruption.
  package static func populate(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    // MADV_POPULATE_WRITE. Where the system does not have it, pages come when they are touched.
    madvise(start, rounded(byteCount), 23)
  }

  /// Gives back the memory of whole pages, whose content is lost.
  package static func discard(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    let first = start.alignedUp(toMultipleOf: page), end = (start + byteCount).alignedDown(toMultipleOf: page)
    if first < end { madvise(first, end - first, Int32(MADV_DONTNEED)) }
  }

  /// 0 where it does not fit an `Int`.
  private static func rounded(_ byteCount: Int) -> Int {
    let (sum, overflow) = byteCount.addingReportingOverflow(page - 1)
    return overflow ? 0 : sum & ~(page - 1)
  }
}
