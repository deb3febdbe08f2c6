import InfoldKernelInterface

extension Kernels {
  /// The output positions of a tile.
  @inline(__always)
  static var tileRows: Int { 6 }

  /// The number of products that are accumulated in a register before the partial sum is added to
  /// the total. The rounding error of a long sum grows with its length. With partial sums, it grows
  /// only with the lengths of both levels.
  @inline(__always)
  static var runLength: Int { 128 }

  /// Multiplies the pixels of some output positions by a panel, tile by tile.
  ///
  /// - Parameters:
  ///   - pointers: The first elements of the six positions' pixels, for each tile and each tap.
  ///   - tapsOfTile: The number of taps that have pointers, if it exceeds the number that is
  ///     multiplied.
  ///   - next: The panel that is read after this one.
  ///   - fetchesAhead: Whether weights are prefetched.
  ///   - epilogue: The epilogue of the first tile.
  @inline(never)
  static func multiplyPanel(
    rows: Int, columns: Int, taps: Int, channels: Int, _ pointers: UnsafePointer<UnsafePointer<Float>>,
    tapsOfTile: Int? = nil, _ weights: UnsafePointer<Float>, next: UnsafePointer<Float>, fetchesAhead: Bool = true,
    _ epilogue: TileEpilogue
  ) {
    // A panel that is read once is prefetched shortly before its use. The next panel might be
    // evicted before it is read.
    let tiles = (rows + tileRows - 1) / tileRows
    var upcoming = WeightPrefetch(
      tiles == 1 ? weights + WeightPrefetch.distance : next, rows: taps * channels, tiles: tiles,
      areFetched: fetchesAhead)
    forEachTile(of: tileRows, rows, tapsOfTile ?? taps, pointers, epilogue) { rows, pointers, epilogue in
      multiplyTile(rows, columns, taps, channels, pointers, weights, upcoming, epilogue)
      upcoming.advance()
    }
  }

  /// Computes one tile: up to six output positions and one panel's columns.
  @inline(__always)
  private static func multiplyTile(
    _ rows: Int, _ columns: Int, _ taps: Int, _ channels: Int, _ pointers: UnsafePointer<UnsafePointer<Float>>,
    _ weights: UnsafePointer<Float>, _ upcoming: WeightPrefetch, _ epilogue: TileEpilogue
  ) {
    @inline(__always)
    func multiply<let vectors: Int>(_: Tile<6, vectors>.Type) {
      switch rows {
      case 1: Tile<1, vectors>.multiply(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 2: Tile<2, vectors>.multiply(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 3: Tile<3, vectors>.multiply(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 4: Tile<4, vectors>.multiply(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 5: Tile<5, vectors>.multiply(columns, taps, channels, pointers, weights, upcoming, epilogue)
      default: Tile<6, vectors>.multiply(columns, taps, channels, pointers, weights, upcoming, epilogue)
      }
    }
    switch columns {
    case ...Vector.scalarCount: multiply(Tile<6, 1>.self)
    #if INFOLD_AVX512 || INFOLD_NEON
      case ...(2 * Vector.scalarCount): multiply(Tile<6, 2>.self)
      case ...(3 * Vector.scalarCount): multiply(Tile<6, 3>.self)
      default: multiply(Tile<6, 4>.self)
    #else
      default: multiply(Tile<6, 2>.self)
    #endif
    }
  }

  /// Calls `body` for each tile of up to `tileRows` output positions, with their number, pointers
  /// and epilogue.
  @inline(__always)
  private static func forEachTile(
    of tileRows: Int, _ rows: Int, _ taps: Int, _ pointers: UnsafePointer<UnsafePointer<Float>>,
    _ epilogue: TileEpilogue, _ body: (Int, UnsafePointer<UnsafePointer<Float>>, TileEpilogue) -> Void
  ) {
    var epilogue = epilogue
    var pointers = pointers
    var rest = rows
    while rest > 0 {
      body(rest, pointers, epilogue)
      pointers += tileRows * taps
      epilogue.advance(rows: tileRows)
      rest -= tileRows
    }
  }
}

// Tiles across two panels.
extension Kernels {
  /// Whether there are tiles of three vectors. Panels of four vectors do not need them.
  @inline(__always)
  static var hasThreeVectorTiles: Bool { panelVectors == 2 }

  /// The output positions of a tile of three vectors.
  @inline(__always)
  static var threeVectorTileRows: Int { 4 }

  /// The columns of a tile of three vectors: a panel and a half.
  @inline(__always)
  static var threeVectorTileColumns: Int { panelWidth + Vector.scalarCount }

  /// Multiplies the pixels of some output positions by three vectors across two panels: the first
  /// panel and the beginning of the second, or the end of the first and the second. A panel with
  /// only one vector of columns would use only half of the registers on its own. A tile of
  /// three vectors also loads fewer numbers per product, which matters with few channels.
  ///
  /// - Parameters:
  ///   - pointers: The first elements of the four positions' pixels, for each tile and each tap.
  ///   - weights: The first panel.
  ///   - skipsVector: Whether the tile begins with the first panel's second vector.
  ///   - epilogue: The epilogue of the first tile.
  @inline(never)
  static func multiplyAcrossPanels(
    rows: Int, columns: Int, taps: Int, channels: Int, _ pointers: UnsafePointer<UnsafePointer<Float>>,
    _ weights: UnsafePointer<Float>, skipsVector: Bool, _ epilogue: TileEpilogue
  ) {
    forEachTile(of: threeVectorTileRows, rows, taps, pointers, epilogue) { rows, pointers, epilogue in
      switch rows {
      case 1: Tile<1, 3>.multiplyAcross(columns, taps, channels, pointers, weights, skipsVector, epilogue)
      case 2: Tile<2, 3>.multiplyAcross(columns, taps, channels, pointers, weights, skipsVector, epilogue)
      case 3: Tile<3, 3>.multiplyAcross(columns, taps, channels, pointers, weights, skipsVector, epilogue)
      default: Tile<4, 3>.multiplyAcross(columns, taps, channels, pointers, weights, skipsVector, epilogue)
      }
    }
  }
}
