public import InfoldKernelInterface

extension Kernels {
  /// The number of vectors across a panel. Two vectors with six rows are twelve sums, which leaves
  /// registers for the panel's row and one factor. With 32 registers, four vectors and 24 sums
  /// leave as many.
  @inline(__always)
  static var panelVectors: Int {
    #if INFOLD_AVX512 || INFOLD_NEON
      4
    #else
      2
    #endif
  }

  public static var panelWidth: Int { panelVectors * Vector.scalarCount }

  /// Returns the number of panels that contain this many columns. The last one may be partial.
  @inline(__always)
  static func panelCount(columns: Int) -> Int { (columns + panelWidth - 1) / panelWidth }

  public static func packedCount(rows: Int, columns: Int) -> Int {
    panelCount(columns: columns) * panelWidth * rows
  }

  @inline(never)
  public static func pack(_ arguments: PackArguments) {
    let rows = arguments.taps * arguments.channels
    forEach(from: arguments.columns.lowerBound, to: arguments.columns.upperBound, by: panelWidth) { column in
      let filled = min(panelWidth, arguments.columnCount - column)
      let source = arguments.source + column * arguments.columnStride
      let target = arguments.packed + column * rows
      if arguments.channelStride == 1 {
        packRows(arguments, source, target, filled)
      } else {
        packElements(arguments, source, target, filled)
      }
    }
  }

  /// Packs a panel of columns whose channels are contiguous, tile by tile.
  @inline(__always)
  private static func packRows(
    _ arguments: PackArguments, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ filled: Int
  ) {
    let (channels, side) = (arguments.channels, FloatRow.count)
    if filled < panelWidth {
      target.update(repeating: 0, count: arguments.taps * channels * panelWidth)
    }
    for tap in 0..<arguments.taps {
      forEach(from: 0, to: channels, by: side) { channel in
        forEach(from: 0, to: filled, by: side) { column in
          transposeTile(
            by: FloatRow.self, source + tap * arguments.tapStride + channel + column * arguments.columnStride,
            arguments.columnStride, target + (tap * channels + channel) * panelWidth + column, panelWidth,
            rows: min(side, filled - column), columns: min(side, channels - channel))
        }
      }
    }
  }

  /// Packs a panel element by element. For a few channels at a time, it packs all taps, which are
  /// often adjacent.
  @inline(__always)
  private static func packElements(
    _ arguments: PackArguments, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ filled: Int
  ) {
    let (channels, block) = (arguments.channels, 8)
    forEach(from: 0, to: channels, by: block) { first in
      for tap in 0..<arguments.taps {
        for channel in first..<min(first + block, channels) {
          let elements = source + tap * arguments.tapStride + channel * arguments.channelStride
          let row = target + (tap * channels + channel) * panelWidth
          for index in 0..<filled { row[index] = elements[index * arguments.columnStride] }
          for index in filled..<panelWidth { row[index] = 0 }
        }
      }
    }
  }
}
