public import InfoldKernelInterface

extension Kernels {
  /// The vectors across a panel. With six rows these are twelve sums, which leaves registers for the panel's row and one factor; of
  /// 32 registers, four vectors and 24 sums leave as much.
  @inline(__always)
  static var panelVectors: Int {
    #if INFOLD_AVX512
      4
    #else
      2
    #endif
  }

  public static var panelWidth: Int { panelVectors * Vector.scalarCount }

  /// The panels that so many columns take, the last one perhaps not full.
  @inline(__always)
  static func panelCount(columns: Int) -> Int { (columns + panelWidth - 1) / panelWidth }

  public static func packedCount(rows: Int, columns: Int) -> Int {
    panelCount(columns: columns) * panelWidth * rows
  }

  @inline(never)
  public static func pack(_ arguments: PackArguments) {
    let rows = arguments.taps * arguments.channels
    var column = arguments.columns.lowerBound
    while column < arguments.columns.upperBound {
      var target = arguments.packed + column * rows
      let filled = min(panelWidth, arguments.columnCount - column)
      for tap in 0..<arguments.taps {
        for channel in 0..<arguments.channels {
          let source =
            arguments.source + tap * arguments.tapStride + channel * arguments.channelStride
            + column * arguments.columnStride
          for index in 0..<filled { target[index] = source[index * arguments.columnStride] }
          for index in filled..<panelWidth { target[index] = 0 }
          target += panelWidth
        }
      }
      column += panelWidth
    }
  }
}
