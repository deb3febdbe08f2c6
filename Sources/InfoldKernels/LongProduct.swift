import InfoldKernelInterface

/// Where the sums of a tile wait, while the products of other tiles are added up.
struct SpilledSums {
  /// Row by row, a panel's columns in each.
  var place: UnsafeMutablePointer<Float>
  /// Whether there are sums to go on with.
  let areThere: Bool
  /// Whether they wait again, and are no results yet.
  let goOn: Bool
}

// Products of many rows. A panel of them would leave the caches before the next tile reads it again; so they are computed in parts, of
// which each stays there for all tiles of a block.
extension Kernels {
  /// The bytes that a part of a panel takes at most, where one tap does not take more.
  @inline(__always)
  private static var largestPart: Int { 128 << 10 }

  @inline(__always)
  private static var rowsOfPart: Int { largestPart / (panelWidth * MemoryLayout<Float>.stride) }

  /// Whether a product is computed in parts. They end where a run of a sum does, so that the bits are those of the whole.
  @inline(__always)
  static func isLong(taps: Int, channels: Int) -> Bool {
    taps * channels > 2 * rowsOfPart && (taps == 1 || channels % runLength == 0)
  }

  /// The bytes for the sums of a block.
  static func waitingBytes(taps: Int, channels: Int) -> Int {
    isLong(taps: taps, channels: channels) ? blockPixels * panelWidth * MemoryLayout<Float>.stride : 0
  }

  /// Does what `multiplyPanel` does, part by part.
  ///
  /// - Parameter waiting: Room for the sums of all rows.
  @inline(never)
  static func multiplyLongPanel(
    rows: Int, columns: Int, taps: Int, channels: Int, _ pointers: UnsafeMutablePointer<UnsafePointer<Float>>,
    _ weights: UnsafePointer<Float>, next: UnsafePointer<Float>, waiting: UnsafeMutablePointer<Float>,
    _ epilogue: TileEpilogue
  ) {
    var epilogue = epilogue
    let size = taps == 1 ? rowsOfPart : max(1, rowsOfPart / channels) * channels
    var begin = 0
    while begin < taps * channels {
      let end = min(begin + size, taps * channels)
      let isLast = end == taps * channels
      epilogue.waiting = SpilledSums(place: waiting, areThere: begin > 0, goOn: !isLast)
      multiplyPanel(
        rows: rows, columns: columns, taps: taps == 1 ? 1 : (end - begin) / channels,
        channels: taps == 1 ? end - begin : channels, pointers + (taps == 1 ? 0 : begin / channels * tileRows),
        tapsOfTile: taps, weights + begin * panelWidth, next: isLast ? next : weights + end * panelWidth, epilogue)
      // Of a single tap, the parts are of channels.
      if taps == 1 { for row in 0..<rows { pointers[row] += isLast ? -begin : end - begin } }
      begin = end
    }
  }
}
