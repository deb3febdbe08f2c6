import InfoldKernelInterface

/// Up to 16 rows of bytes at equal distances, which a matrix unit loads as one tile.
struct UnitByteRows {
  var base: UnsafePointer<UInt8>
  /// The distance between rows in bytes.
  var stride: Int
}

/// The pixels that some output positions read: for each 16 positions and each tap, up to 16 rows.
///
/// Pixels at equal distances are read where they are. This is the case for all positions of a
/// pointwise convolution, and for positions in one row of the result whose tap lies inside the
/// image. Other pixels are copied.
struct UnitBytePixels {
  private let rows: UnsafeMutablePointer<UnitByteRows>
  private let copies: UnsafeMutablePointer<UInt8>
  private let panel: UnitBytePanel

  /// Uses scratch memory of `byteCount` bytes, aligned to 64 bytes.
  @inline(always)
  init(_ scratch: UnsafeMutableRawPointer, _ panel: UnitBytePanel, positions: Int) {
    rows = scratch.assumingMemoryBound(to: UnitByteRows.self)
    copies = (scratch + Self.rowsByteCount(panel, positions)).assumingMemoryBound(to: UInt8.self)
    self.panel = panel
  }

  /// Returns the scratch memory for a number of positions that is a multiple of 16.
  static func byteCount(_ panel: UnitBytePanel, positions: Int) -> Int {
    rowsByteCount(panel, positions) + positions * panel.taps * panel.copiedByteCount
  }

  private static func rowsByteCount(_ panel: UnitBytePanel, _ positions: Int) -> Int {
    (positions / 16 * panel.taps * MemoryLayout<UnitByteRows>.stride + 63) & ~63
  }

  /// The output positions in a tile of addresses.
  @inline(always)
  static var locatedRows: Int { 8 }

  /// Returns the rows of all taps for the positions from `position` on, a multiple of 16.
  @inline(always)
  func taps(at position: Int) -> UnsafePointer<UnitByteRows> { UnsafePointer(rows + position / 16 &* panel.taps) }

  /// Finds the rows of some output positions.
  ///
  /// - Parameter pixels: The addresses of the pixels, ordered by tile of `locatedRows` positions,
  ///   tap, and position.
  @inline(never)
  func find(_ pixels: ByteSet.ByteRows, positions: Int) {
    let tapStride = Self.locatedRows, tileStride = panel.taps &* tapStride
    var copy = copies
    forEach(from: 0, to: positions, by: 16) { position in
      let count = min(16, positions - position)
      for tap in 0..<panel.taps {
        let first = pixels + (position / tapStride &* tileStride &+ tap &* tapStride)
        @inline(always)
        func pixel(_ row: Int) -> UnsafePointer<UInt8> {
          first[row / tapStride &* tileStride &+ row % tapStride]
        }
        let base = pixel(0), stride = count > 1 ? pixel(1) - base : 0
        var areEquallySpaced = true
        for row in 2..<max(2, count) where pixel(row) != base + row &* stride { areEquallySpaced = false }
        let index = position / 16 &* panel.taps &+ tap
        if areEquallySpaced {
          (rows + index).initialize(to: UnitByteRows(base: base, stride: stride))
        } else {
          (rows + index).initialize(to: UnitByteRows(base: copy, stride: panel.copiedByteCount))
          for row in 0..<count {
            UnsafeMutableRawPointer(copy).copyMemory(from: pixel(row), byteCount: panel.pixelByteCount)
            copy += panel.copiedByteCount
          }
        }
      }
    }
  }
}

extension UnitBytePanel {
  /// The bytes of a pixel in all blocks.
  @inline(always)
  var pixelByteCount: Int { quads.blocks &* quads.byteCount }

  /// The distance between copied pixels: an odd number of cache lines, so that the rows of a tile do
  /// not compete for a few sets of the cache.
  @inline(always)
  var copiedByteCount: Int { (pixelByteCount + 63) & ~63 | 64 }
}
