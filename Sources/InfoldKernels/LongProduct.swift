import InfoldKernelInterface

/// The memory for the partial sums of a tile while the products of other tiles are computed.
struct SpilledSums {
  /// The partial sums, row by row, with a panel's columns in each row.
  var place: UnsafeMutablePointer<Float>
  /// Whether there are partial sums to continue.
  let exist: Bool
  /// Whether the sums are stored as partial sums again, rather than as results.
  let areStoredAgain: Bool
}

// Products with many rows. A whole panel would be evicted from the caches before the next tile
// reads it. So panels are processed in parts, each of which stays cached for all tiles of a block.
extension Kernels {
  /// The maximum size of a part of a panel in bytes, unless one tap is larger.
  @inline(__always)
  private static var largestPart: Int { 128 << 10 }

  @inline(__always)
  private static var rowsOfPart: Int { largestPart / (panelWidth * MemoryLayout<Float>.stride) }

  /// Returns whether a product is computed in parts. Parts end at the end of an accumulation run,
  /// so that the results are bit-identical to the unsplit product.
  @inline(__always)
  static func isLong(taps: Int, channels: Int) -> Bool {
    taps * channels > 2 * rowsOfPart && (taps == 1 || channels % runLength == 0)
  }

  /// Returns the size of a block's sums in bytes.
  static func spilledByteCount(taps: Int, channels: Int) -> Int {
    isLong(taps: taps, channels: channels) ? blockPixels * panelWidth * MemoryLayout<Float>.stride : 0
  }

  /// Computes the same as `multiplyPanel`, part by part.
  ///
  /// - Parameter spilled: Memory for the partial sums of all rows.
  @inline(never)
  static func multiplyLongPanel(
    rows: Int, columns: Int, taps: Int, channels: Int, _ pointers: UnsafeMutablePointer<UnsafePointer<Float>>,
    _ weights: UnsafePointer<Float>, next: UnsafePointer<Float>, spilled: UnsafeMutablePointer<Float>,
    _ epilogue: TileEpilogue
  ) {
    var epilogue = epilogue
    let size = taps == 1 ? rowsOfPart : max(1, rowsOfPart / channels) * channels
    var begin = 0
    while begin < taps * channels {
      let end = min(begin + size, taps * channels)
      let isLast = end == taps * channels
      epilogue.spilled = SpilledSums(place: spilled, exist: begin > 0, areStoredAgain: !isLast)
      multiplyPanel(
        rows: rows, columns: columns, taps: taps == 1 ? 1 : (end - begin) / channels,
        channels: taps == 1 ? end - begin : channels, pointers + (taps == 1 ? 0 : begin / channels * tileRows),
        tapsOfTile: taps, weights + begin * panelWidth, next: isLast ? next : weights + end * panelWidth, epilogue)
      // With a single tap, parts are ranges of channels.
      if taps == 1 { for row in 0..<rows { pointers[row] += isLast ? -begin : end - begin } }
      begin = end
    }
  }
}
