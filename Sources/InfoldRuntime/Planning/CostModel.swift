import InfoldKernelInterface

/// Which of the ways to compute a layer is expected to be the fastest, by its sizes and by what is known of the machine. All of them give the
/// same bits; `SessionOptions.tuning` measures instead.
struct CostModel: Sendable {
  let machine: MachineModel
  /// The threads that share a layer.
  let workers: Int

  /// Whether a convolution is better off with the narrower of two sets of kernels, whose vectors are half as wide as `width` numbers.
  /// - Parameters:
  ///   - channels: The outputs of a group, or those of all groups of one.
  ///   - products: The products in each result.
  func prefersNarrowVectors(channels: Int, products: Int, groups: Int, width: Int) -> Bool {
    // They hold all channels.
    if channels <= width / 2 { return true }
    if machine.hasFullWidth { return false }
    // The machine multiplies as many numbers a second with them. With few products for each result, the time goes into writing.
    if groups == 1, products <= 2 * width { return true }
    // The last channels would fill half of the widest vector or less, behind few whole ones.
    return (1...(width / 2)).contains(channels % width) && channels < 8 * width
  }

  /// The numbers that layers hand on to each other by which it is worth while that they take turns: else they stay in the caches of
  /// the threads anyway. Two threads that take turns also wait for each other less often, while many would share rows that are too few.
  var smallestBandedResult: Int { max(2, workers) * machine.secondLevelCache / 4 / MemoryLayout<Float>.stride }

  /// The rows of the last result in a band with which all that is read and written for it takes half of the cache; `nil` where bands
  /// would be too thin for the weights that each reads, and for the rows that it shares with the one before.
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

  /// Whether threads share the output channels in Winograd's algorithm, and each transforms all tiles, rather than share the tiles, and each
  /// reads all weights: what two threads would do sooner.
  static func winogradSharesChannels(tiles: Int, channels: Int, outputs: Int) -> Bool {
    // With fewer tiles than that, reading the weights takes longer than multiplying with them.
    let fewestTiles = 12
    let ingoing = tiles * channels * WinogradStep.inputTransformation
    let outgoing = tiles * outputs * WinogradStep.outputTransformation
    let byChannels = ingoing + (tiles * outputs * channels + outgoing) / 2
    let byTiles = (ingoing + outgoing) / 2 + max((tiles + 1) / 2, fewestTiles) * channels * outputs
    return byChannels < byTiles
  }
}
