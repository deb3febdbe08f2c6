public import InfoldKernelInterface

extension UnitByteSet {
  public static var panelWidth: Int { 32 }

  public static func packedByteCount(taps: Int, channels: Int, columns: Int) -> Int {
    (columns + panelWidth - 1) / panelWidth * UnitBytePanel(taps: taps, channels: channels).byteCount
  }

  @inline(never)
  public static func pack(_ arguments: BytePackArguments) {
    let panel = UnitBytePanel(taps: arguments.taps, channels: arguments.channels)
    arguments.packed.initialize(
      repeating: 0,
      count: packedByteCount(taps: arguments.taps, channels: arguments.channels, columns: arguments.columns))
    for column in 0..<arguments.columns {
      let (index, inPanel) = divide(column, by: panelWidth)
      let (half, inHalf) = divide(inPanel, by: 16)
      packColumn(
        arguments, arguments.source + column * arguments.columnStride, panel,
        arguments.packed + (index * panel.byteCount + half * panel.halfByteCount + inHalf * 4))
    }
  }

  @inline(__always)
  private static func packColumn(
    _ arguments: BytePackArguments, _ source: UnsafePointer<Int8>, _ panel: UnitBytePanel,
    _ target: UnsafeMutablePointer<Int8>
  ) {
    var block = target
    for tap in 0..<arguments.taps {
      var weight = source + tap * arguments.tapStride
      var rest = arguments.channels
      for _ in 0..<panel.quads.blocks {
        let count = min(rest, panel.quads.byteCount)
        for channel in 0..<count {
          block[channel / 4 * 64 + channel % 4] = weight[0]
          weight += arguments.channelStride
        }
        rest -= count
        block += 2 * panel.halfByteCount
      }
    }
  }
}
