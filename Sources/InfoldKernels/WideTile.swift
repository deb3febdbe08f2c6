import InfoldKernelInterface

extension Kernels {
  /// Whether there are wide tiles: a panel of four vectors needs none.
  @inline(__always)
  static var hasWideTiles: Bool { panelVectors == 2 }

  /// The output positions of a wide tile.
  @inline(__always)
  static var wideTileRows: Int { 4 }

  /// The columns of a wide tile: a panel and a half.
  @inline(__always)
  static var wideTileColumns: Int { panelWidth + Vector.scalarCount }

  /// Multiplies the pixels of some output positions with three vectors across two panels: the first panel and the beginning of the
  /// second, or the end of the first and the second. A panel of which one vector is filled would keep only half of the registers busy
  /// by itself; and a wide tile has fewer numbers to load for each product, which counts with few channels.
  ///
  /// - Parameters:
  ///   - pointers: For each tile, and in it for each tap, the first elements of the four positions' pixels.
  ///   - weights: The first panel.
  ///   - skipsVector: Whether the tile begins with the first panel's second vector.
  ///   - epilogue: That of the first tile.
  @inline(never)
  static func multiplyWidePanel(
    rows: Int, columns: Int, taps: Int, channels: Int, _ pointers: UnsafePointer<UnsafePointer<Float>>,
    _ weights: UnsafePointer<Float>, skipsVector: Bool, _ epilogue: TileEpilogue
  ) {
    var epilogue = epilogue
    var pointers = pointers
    var rest = rows
    while rest > 0 {
      switch rest {
      case 1: tile1x3(columns, taps, channels, pointers, weights, skipsVector, epilogue)
      case 2: tile2x3(columns, taps, channels, pointers, weights, skipsVector, epilogue)
      case 3: tile3x3(columns, taps, channels, pointers, weights, skipsVector, epilogue)
      default: tile4x3(columns, taps, channels, pointers, weights, skipsVector, epilogue)
      }
      pointers += wideTileRows * taps
      epilogue.advance(rows: wideTileRows)
      rest -= wideTileRows
    }
  }

  @inline(never)
  private static func tile4x3(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ skips: Bool, _ e: TileEpilogue
  ) {
    let sums: InlineArray<12, Vector> = wideSums(rows: 4, taps: t, channels: c, p, w, skips)
    finish(sums, rows: 4, vectors: 3, columns: n, e)
  }
  @inline(never)
  private static func tile3x3(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ skips: Bool, _ e: TileEpilogue
  ) {
    let sums: InlineArray<9, Vector> = wideSums(rows: 3, taps: t, channels: c, p, w, skips)
    finish(sums, rows: 3, vectors: 3, columns: n, e)
  }
  @inline(never)
  private static func tile2x3(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ skips: Bool, _ e: TileEpilogue
  ) {
    let sums: InlineArray<6, Vector> = wideSums(rows: 2, taps: t, channels: c, p, w, skips)
    finish(sums, rows: 2, vectors: 3, columns: n, e)
  }
  @inline(never)
  private static func tile1x3(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ skips: Bool, _ e: TileEpilogue
  ) {
    let sums: InlineArray<3, Vector> = wideSums(rows: 1, taps: t, channels: c, p, w, skips)
    finish(sums, rows: 1, vectors: 3, columns: n, e)
  }

  @inline(__always)
  private static func wideSums<let count: Int>(
    rows: Int, taps: Int, channels: Int, _ pointers: Rows, _ weights: Weights, _ skipsVector: Bool
  ) -> InlineArray<count, Vector> {
    var totals = InlineArray<count, Vector> { _ in .zero }
    var sums = InlineArray<count, Vector> { _ in .zero }
    var length = 0
    var pointers = pointers
    let nextPanel = weights + taps &* channels &* panelWidth
    var firsts = skipsVector ? weights + Vector.scalarCount : weights
    var seconds = skipsVector ? nextPanel : weights + Vector.scalarCount
    var thirds = skipsVector ? nextPanel + Vector.scalarCount : nextPanel
    for _ in 0..<taps {
      // Only the first `rows` of them exist.
      let r0 = pointers[0], r1 = pointers[min(1, rows - 1)]
      let r2 = pointers[min(2, rows - 1)], r3 = pointers[min(3, rows - 1)]
      var channel = 0
      repeat {
        let end = min(channel &+ runLength, channels)
        length &+= end &- channel
        while channel < end {
          let first = Vector(at: firsts), second = Vector(at: seconds), third = Vector(at: thirds)
          @inline(__always)
          func add(_ row: Int, _ pointer: UnsafePointer<Float>) {
            guard row < rows else { return }
            let factor = Vector(repeating: pointer[channel])
            sums[row &* 3] = .multiplyAdd(factor, first, sums[row &* 3])
            sums[row &* 3 &+ 1] = .multiplyAdd(factor, second, sums[row &* 3 &+ 1])
            sums[row &* 3 &+ 2] = .multiplyAdd(factor, third, sums[row &* 3 &+ 2])
          }
          add(0, r0)
          add(1, r1)
          add(2, r2)
          add(3, r3)
          firsts += panelWidth
          seconds += panelWidth
          thirds += panelWidth
          channel &+= 1
        }
        if length >= runLength {
          for index in 0..<count {
            totals[index] += sums[index]
            sums[index] = .zero
          }
          length = 0
        }
      } while channel < channels
      pointers += wideTileRows
    }
    if taps &* channels >= runLength {
      for index in 0..<count { sums[index] += totals[index] }
    }
    return sums
  }
}
