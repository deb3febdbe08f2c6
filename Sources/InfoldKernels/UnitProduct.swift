/// The operands of a product of up to 32 output positions with up to 32 columns, and the memory of
/// its sums.
struct UnitProduct {
  typealias Numbers = UnsafePointer<UInt16>

  /// The pixels of the first 16 positions. With split factors, each tile is followed by that of the
  /// second parts.
  let first: Numbers
  /// The pixels of the other positions.
  let second: Numbers
  /// The distance between the rows of a tile of pixels, in numbers.
  let rowStride: Int
  /// The distance between the tiles of two steps, in numbers.
  let stepStride: Int
  /// The number of positions.
  let rows: Int
  /// A panel of weights. With split factors, the weights of each tap and block are followed by
  /// their second parts.
  let weights: Numbers
  /// The numbers of a block of 16 columns.
  let halfCount: Int
  /// The number of taps times the number of blocks.
  let steps: Int
  /// Memory for the sums, in rows of 32.
  let sums: UnsafeMutablePointer<Float>
}

/// The sums of up to 32 positions and 32 columns, in rows of 32.
enum UnitSums {
  @inline(always)
  static var rowCount: Int { 32 }

  @inline(always)
  static var rowByteCount: Int { rowCount &* MemoryLayout<Float>.stride }

  @inline(always)
  static var byteCount: Int { 32 &* rowByteCount }
}
