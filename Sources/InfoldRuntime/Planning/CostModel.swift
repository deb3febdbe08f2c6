import InfoldKernelInterface

/// Estimates which implementation of a layer is fastest from its sizes and known properties of the
/// machine. All candidates give the same bits. `SessionOptions.tuning` replaces estimates by
/// measurements.
struct CostModel: Sendable {
  let machine: MachineModel
  /// The number of threads that share a layer.
  let workers: Int

  /// Returns whether a convolution is faster with the narrower of two kernel sets, whose vectors
  /// have `width / 2` lanes.
  ///
  /// - Parameters:
  ///   - channels: The output channels of a group, or of all groups if each has one channel.
  ///   - products: The number of products per result.
  func prefersNarrowVectors(channels: Int, products: Int, groups: Int, width: Int) -> Bool {
    // A narrow vector holds all channels.
    if channels <= width / 2 { return true }
    if machine.hasFullWidth { return false }
    // The machine's arithmetic throughput is the same for both. With few products per result, most
    // of the time is spent on writing.
    if groups == 1, products <= 2 * width { return true }
    // The last channels would fill at most half of the wide vector, after few full vectors.
    return (1...(width / 2)).contains(channels % width) && channels < 8 * width
  }

  /// Returns whether a matrix unit computes a product, or a convolution, faster than the vectors of
  /// float32 numbers do.
  ///
  /// A prototype was measured with AMX on a processor of Intel's Sapphire Rapids generation, with
  /// pixels that were converted already. Its products of split factors took 0.3 to 0.8 of the time
  /// of float32 products, and those of rounded factors 0.1 to 0.5. Converting a number is estimated
  /// to take as long as 60 split products.
  ///
  /// Vector instructions for pairs of bfloat16 numbers multiply at twice the rate of those for
  /// float32. The conversion of the pixels leaves a gain if each is multiplied often enough. Split
  /// factors need three products each.
  ///
  /// The number of positions does not matter: it may be that of a batch, and an image has the same
  /// bits in any batch. With few positions, reading weights limits both. Rounded ones take half of
  /// the bytes.
  ///
  /// - Parameters:
  ///   - channels: The input channels of a group.
  ///   - outputs: The output channels of a group.
  ///   - hasWinograd: Whether the alternative is Winograd's algorithm, which needs 0.25 to 0.45 of
  ///     the products.
  func prefersMatrixUnit(
    _ unit: MatrixUnit, channels: Int, outputs: Int, hasWinograd: Bool = false
  ) -> Bool {
    if machine.usesUnitWherePossible { return true }
    switch (unit.factors, unit.kernels.multipliesTiles) {
    case (.rounded, true): return channels >= 32 && outputs >= 32
    case (.rounded, false): return !hasWinograd && channels >= 32 && outputs >= 64
    case (.split, false): return false
    case (.split, true): return !hasWinograd && channels >= 64 && outputs >= 128
    }
  }

  /// Returns whether a matrix unit computes products with a right side that is packed in each run
  /// faster than the vectors of float32 numbers do.
  ///
  /// With AVX2, packing a number takes as long as about 23 float32 products for rounded factors, 45
  /// for split factors, and 11 for float32.
  ///
  /// - Parameters:
  ///   - rows: The number of rows of one image that are multiplied by a right side of its own; `nil`
  ///     if it is not known, because rows may be images of a batch.
  ///   - inner: The number of products per result.
  ///   - packedColumns: The columns of the right side.
  func prefersMatrixUnit(_ unit: MatrixUnit, rows: Int?, inner: Int, packedColumns: Int) -> Bool {
    if machine.usesUnitWherePossible { return true }
    guard let rows else { return false }
    switch (unit.factors, unit.kernels.multipliesTiles) {
    case (.rounded, true): return rows >= 64 && inner >= 32 && packedColumns >= 32
    case (.rounded, false): return rows >= 128 && inner >= 32 && packedColumns >= 64
    case (.split, false): return false
    case (.split, true): return rows >= 128 && inner >= 64 && packedColumns >= 128
    }
  }

  /// Returns whether a matrix unit computes products of bytes faster than vectors do.
  ///
  /// The estimate counts cycles for each position and 16 outputs, from the rates in Intel's
  /// optimization manual: two products of vectors per cycle, and one product of tiles, with 16
  /// positions and 16 quads of channels, in 16 cycles. Sums pass through memory on their way from
  /// tiles to vectors, and part of the pixels of larger windows are copied. It has not been
  /// confirmed by measurements.
  ///
  /// - Parameters:
  ///   - positions: The number of output positions.
  ///   - channels: The input channels of a group.
  ///   - outputs: The output channels of a group.
  func prefersByteUnit(positions: Int, taps: Int, channels: Int, outputs: Int) -> Bool {
    if machine.usesUnitWherePossible { return true }
    // Fewer positions are limited by reading weights.
    guard positions >= 16, channels >= 16, outputs >= 16 else { return false }
    let vectors = Double(taps * ((channels + 3) / 4)) / 2
    let tiles = Double(taps * ((channels + 63) / 64))
    let copies = taps > 1 ? 2 * tiles * 16 / Double(outputs) : 0
    return tiles + copies + 2 < vectors
  }

  /// Bands pay off if one layer passes more than this number of elements to the next. Smaller
  /// results stay in the caches of the threads anyway. Two threads also synchronize less often with
  /// bands, whereas many threads would find too few rows to share.
  var smallestBandedResult: Int { max(2, workers) * machine.secondLevelCache / 4 / MemoryLayout<Float>.stride }

  /// Returns the number of rows of the last result per band for which everything read and written
  /// fits in half of the cache. Returns `nil` if such bands would be too thin compared with the
  /// weights that each band reads and the rows that it shares with the previous band.
  func rowsPerBand(_ members: [any RowStep]) -> Int? {
    let budget = machine.secondLevelCache / 2
    let weights = members.reduce(0) { $0 + $1.weightByteCount }
    let dependencies = members.map { $0.dependency! }
    guard weights <= budget / 2 else { return nil }
    func byteCount(_ rows: Int) -> Int {
      let counts = BandStep.rowCounts(dependencies, rows)
      let results = zip(dependencies, counts).reduce(0) { $0 + $1.0.outputStride * $1.1 }
      let input = dependencies[0].inputStride * dependencies[0].inputCount(of: counts[0])
      return (results + input) * MemoryLayout<Float>.stride
    }
    let half = dependencies.last!.outputRows / 2
    guard half >= 1, let rows = (1...half).last(where: { byteCount($0) + weights <= budget }) else { return nil }
    return BandStep.suits(dependencies, rowsPerBand: rows) ? rows : nil
  }

  /// Returns whether threads should divide the output channels of a Winograd convolution rather
  /// than its tiles. If they divide the channels, each thread transforms all tiles; if they divide
  /// the tiles, each reads all weights. The estimate assumes two threads.
  static func winogradSharesChannels(tiles: Int, channels: Int, outputs: Int) -> Bool {
    // With fewer tiles than this, reading the weights takes longer than multiplying with them.
    let fewestTiles = 12
    let ingoing = tiles * channels * WinogradStep.inputTransformation
    let outgoing = tiles * outputs * WinogradStep.outputTransformation
    let byChannels = ingoing + (tiles * outputs * channels + outgoing) / 2
    let byTiles = (ingoing + outgoing) / 2 + max((tiles + 1) / 2, fewestTiles) * channels * outputs
    return byChannels < byTiles
  }
}
