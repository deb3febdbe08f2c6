import InfoldKernelInterface

/// The pixels that some output positions read, converted to bfloat16 for a matrix unit: for each 16
/// positions, each tap, each block of channels and each part, a tile of 16 rows of 64 bytes.
struct UnitInputs {
  let base: UnsafeMutablePointer<UInt16>
  let pairs: ChannelPairs
  let taps: Int
  let parts: Int

  /// The numbers of a tile.
  @inline(always)
  static var tileCount: Int { 512 }

  /// The numbers for 16 positions.
  @inline(always)
  var count: Int { taps &* pairs.blocks &* parts &* Self.tileCount }

  /// Returns the tiles from the first tap on for the positions from `position` on, a multiple of
  /// 16.
  @inline(always)
  func tiles(at position: Int) -> UnsafePointer<UInt16> { UnsafePointer(base + position / 16 &* count) }

  /// Converts the pixels of `positions` output positions.
  ///
  /// - Parameter pixels: The addresses of the pixels, ordered by tile of `UnitInputs.locatedRows`
  ///   positions, tap, and position.
  /// - Returns: A bit for each position that reads a number that must not be split.
  @inline(never)
  func convert(_ pixels: UnsafePointer<UnsafePointer<Float>>, positions: Int) -> UInt64 {
    var unsuited: UInt64 = 0
    for position in 0..<positions {
      let located = pixels + (position / Self.locatedRows &* taps &* Self.locatedRows &+ position % Self.locatedRows)
      var row = base + (position / 16 &* count &+ position % 16 &* 32)
      var largest: UInt32 = 0
      for tap in 0..<taps {
        let pixel = located[tap &* Self.locatedRows]
        for block in 0..<pairs.blocks {
          let magnitude = convert(pixel, block, to: row)
          largest = magnitude > largest ? magnitude : largest
          row += parts &* Self.tileCount
        }
      }
      if largest >= splitLimitBits { unsuited |= 1 << UInt64(truncatingIfNeeded: position) }
    }
    return unsuited
  }

  /// Converts a block of a pixel's channels.
  /// - Returns: The bits of its largest magnitude, or 0 for rounded factors.
  @inline(always)
  private func convert(
    _ pixel: UnsafePointer<Float>, _ block: Int, to row: UnsafeMutablePointer<UInt16>
  ) -> UInt32 {
    let (first, count) = pairs.channels(of: block)
    let rests = parts == 2 ? row + Self.tileCount : nil
    for index in count..<(2 &* pairs.pairs) {
      row[index] = 0
      if let rests { rests[index] = 0 }
    }
    return convertToBFloat16(pixel + first, count: count, row, rests: rests)
  }

  /// The output positions in a tile of addresses.
  @inline(always)
  static var locatedRows: Int { 8 }
}
