/// A matrix unit with eight tile registers of 16 rows of 64 bytes: four of sums (0 to 3), two of
/// input pixels (4 and 5) and two of weights (6 and 7).
///
/// Register numbers are constants of the instructions, so all calls are inlined.
protocol TileUnit {
  /// The memory in bytes that holds the registers, a multiple of 64.
  static var registerByteCount: Int { get }

  /// - Parameter memory: Memory of `registerByteCount` bytes.
  init(memory: UnsafeMutableRawPointer)

  /// Sets the shapes of all registers, and all registers to zero.
  func configure(_ shapes: UnsafePointer<TileShapes>)

  /// Releases the registers.
  func release()

  /// Sets a register to zero.
  func zero(_ tile: Int)

  /// Loads the rows of a register, which are `stride` bytes apart.
  func load(_ tile: Int, from source: UnsafeRawPointer, stride: Int)

  /// Stores the rows of a register `stride` bytes apart.
  func store(_ tile: Int, to target: UnsafeMutableRawPointer, stride: Int)

  /// Adds the products of pixels in register `left` and weights in register `right` to the sums in
  /// register `sum`. Rows of `left` and columns of `right` contain pairs of bfloat16 numbers. Each
  /// sum grows by the rounded sum of two rounded sums, of all first and of all second products of
  /// pairs, in order. Each product is added with a single rounding. Subnormal numbers count as
  /// zero, and subnormal results become zero.
  func multiply(into sum: Int, _ left: Int, _ right: Int)

  /// Adds the products of pixels in register `left` and weights in register `right` to the sums in
  /// register `sum`. Rows of `left` contain groups of four unsigned bytes, and columns of `right`
  /// groups of four signed bytes. The sums are 32-bit integers, which wrap around.
  func multiplyBytes(into sum: Int, _ left: Int, _ right: Int)
}

extension TileUnit {
  /// The number of positions whose multiples are read without others: tiles have any number of
  /// rows.
  @inline(always)
  static var rowMultiple: Int { 1 }

  /// Sets the shapes of the registers for products of `rows` output positions with `columns`
  /// columns, 1 to 32 of each.
  ///
  /// - Parameters:
  ///   - pairs: The pairs of numbers in a row of pixels, 1 to 16.
  ///   - memory: 64 bytes.
  @inline(always)
  func prepare(rows: Int, columns: Int, pairs: Int, in memory: UnsafeMutableRawPointer) {
    let shapes = memory.assumingMemoryBound(to: TileShapes.self)
    shapes.initialize(to: TileShapes(rows: rows, columns: columns, pairs: pairs))
    configure(shapes)
  }
}

/// The shapes of the tile registers, as the processor reads them (Intel 64 and IA-32 Architectures
/// Software Developer's Manual, LDTILECFG).
struct TileShapes {
  /// 1, for eight registers of up to 16 rows of 64 bytes.
  private var palette: UInt8 = 1
  private var startRow: UInt8 = 0
  private var reserved: InlineArray<14, UInt8> = InlineArray { _ in 0 }
  /// The number of bytes in a row of each register, from byte 16 on, with eight unused numbers.
  private var rowByteCounts: InlineArray<16, UInt16> = InlineArray { _ in 0 }
  /// The number of rows of each register, from byte 48 on, with eight unused numbers.
  private var rowCounts: InlineArray<16, UInt8> = InlineArray { _ in 0 }

  /// The shapes for sums of `rows` positions and `columns` columns, 1 to 32 of each, from tiles of
  /// up to 16.
  /// - Parameter pairs: The pairs of bfloat16 numbers, or groups of four bytes, in a row of pixels, 1
  ///   to 16.
  @inline(always)
  init(rows: Int, columns: Int, pairs: Int) {
    for half in 0..<2 {
      let (height, width) = (min(16, rows &- 16 &* half), min(16, columns &- 16 &* half))
      if height > 0 { set(4 &+ half, rows: height, byteCount: 4 &* pairs) }
      if width > 0 { set(6 &+ half, rows: pairs, byteCount: 4 &* width) }
      for other in 0..<2 {
        let otherWidth = min(16, columns &- 16 &* other)
        if height > 0, otherWidth > 0 { set(2 &* half &+ other, rows: height, byteCount: 4 &* otherWidth) }
      }
    }
  }

  @inline(always)
  private mutating func set(_ tile: Int, rows: Int, byteCount: Int) {
    rowCounts[tile] = UInt8(truncatingIfNeeded: rows)
    rowByteCounts[tile] = UInt16(truncatingIfNeeded: byteCount)
  }
}
