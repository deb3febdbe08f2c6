public import InfoldKernelInterface

extension Kernels {
  public static func winogradPackedCount(tile: Int, channels: Int, outputChannels: Int) -> Int {
    (tile + 2) * (tile + 2) * packedCount(rows: channels, columns: outputChannels)
  }

  /// Packs a matrix of channels × output channels for each position in a tile, row by row.
  @inline(never)
  public static func packWinograd(_ arguments: WinogradPackArguments) -> Bool {
    let (tile, channels) = (arguments.tile, arguments.channels)
    let matrix = packedCount(rows: channels, columns: arguments.columnCount)
    var transformation = WinogradWeights(tile: tile)
    var areModerate = true
    forEach(from: arguments.columns.lowerBound, to: arguments.columns.upperBound, by: panelWidth) { column in
      let filled = min(panelWidth, arguments.columnCount - column)
      let target = arguments.packed + column * channels
      for channel in 0..<channels {
        transformation.load(
          arguments.source + (column * channels + channel) * 9, columnStride: channels * 9, filled: filled,
          width: panelWidth)
        let isModerate = transformation.write(
          to: target + channel * panelWidth, stride: matrix, width: panelWidth)
        areModerate = areModerate && isModerate
      }
    }
    return areModerate
  }
}

/// The weights of one channel for the columns of a panel. All columns are transformed together in
/// double precision.
private struct WinogradWeights {
  /// The upper bound of transformed weights. With it, even the largest inputs that pass the check,
  /// summed over all channels and transformed back, stay finite.
  private static var bound: Float { 0x1p26 }

  private let positions: Int
  private var factors = InlineArray<8, (Double, Double, Double)>(repeating: (0, 0, 0))
  /// The window's weights, row by row. There are as many columns as the widest panels have.
  private var window = InlineArray<9, InlineArray<64, Double>>(repeating: InlineArray(repeating: 0))
  /// A row of the transformed weights before its columns are transformed.
  private var row = InlineArray<3, InlineArray<64, Double>>(repeating: InlineArray(repeating: 0))

  init(tile: Int) {
    positions = tile + 2
    for position in 0..<positions {
      factors[position] = WinogradTransform.weightFactors(tile: tile, position: position)
    }
  }

  /// Loads the nine weights of each of the first columns, and zeros for the others.
  @inline(always)
  mutating func load(_ source: UnsafePointer<Float>, columnStride: Int, filled: Int, width: Int) {
    for column in 0..<filled {
      let weights = source + column * columnStride
      for tap in 0..<9 { window[tap][column] = Double(weights[tap]) }
    }
    for column in filled..<width { for tap in 0..<9 { window[tap][column] = 0 } }
  }

  /// Writes the transformed weights, position by position.
  /// - Returns: Whether all are finite and none is too large.
  @inline(always)
  mutating func write(to target: UnsafeMutablePointer<Float>, stride: Int, width: Int) -> Bool {
    var largest: UInt32 = 0
    for y in 0..<positions {
      let (a, b, c) = factors[y]
      for x in 0..<3 {
        for column in 0..<width {
          row[x][column] = a * window[x][column] + b * window[3 + x][column] + c * window[6 + x][column]
        }
      }
      for x in 0..<positions {
        let (a, b, c) = factors[x]
        let numbers = target + (y * positions + x) * stride
        for column in 0..<width {
          let number = Float(a * row[0][column] + b * row[1][column] + c * row[2][column])
          numbers[column] = number
          // Bit patterns are ordered like magnitudes, and non-finite numbers are the largest.
          largest = max(largest, number.magnitude.bitPattern)
        }
      }
    }
    return largest < Self.bound.bitPattern
  }
}
