public import InfoldKernelInterface

extension ByteSet {
  /// The vectors across a panel.
  @inline(__always)
  static var panelVectors: Int {
    #if INFOLD_VNNI
      4
    #else
      2
    #endif
  }

  public static var panelWidth: Int { panelVectors * laneCount }

  /// The channels of which the products with a byte each are added up at once.
  @inline(__always)
  static var quad: Int { 4 }

  @inline(__always)
  static func quads(_ channels: Int) -> Int { (channels + quad - 1) / quad }

  public static func packedByteCount(taps: Int, channels: Int, columns: Int) -> Int {
    (columns + panelWidth - 1) / panelWidth * panelWidth * taps * quads(channels) * quad
  }

  @inline(never)
  public static func pack(_ arguments: BytePackArguments) {
    let quads = quads(arguments.channels)
    var target = arguments.packed
    var column = 0
    while column < arguments.columns {
      for tap in 0..<arguments.taps {
        for group in 0..<quads {
          for lane in 0..<panelWidth {
            for index in 0..<quad {
              let channel = group * quad + index
              let isInside = column + lane < arguments.columns && channel < arguments.channels
              target[0] =
                isInside
                ? arguments.source[
                  (column + lane) * arguments.columnStride + channel * arguments.channelStride
                    + tap * arguments.tapStride] : 0
              target += 1
            }
          }
        }
      }
      column += panelWidth
    }
  }
}
