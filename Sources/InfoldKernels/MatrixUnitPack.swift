public import InfoldKernelInterface

extension MatrixUnitSet {
  public static var panelWidth: Int { 32 }

  public static func packedCount(_ factors: BFloat16Factors, taps: Int, channels: Int, columns: Int) -> Int {
    let panels = (columns + panelWidth - 1) / panelWidth
    return panels * UnitPanel(factors, taps: taps, channels: channels).count / 2
  }

  @inline(never)
  public static func pack(_ arguments: PackArguments, _ factors: BFloat16Factors) -> Bool {
    let panel = UnitPanel(factors, taps: arguments.taps, channels: arguments.channels)
    let packed = UnsafeMutableRawPointer(arguments.packed).assumingMemoryBound(to: UInt16.self)
    var largest: UInt32 = 0
    forEach(from: arguments.columns.lowerBound, to: arguments.columns.upperBound, by: panelWidth) { column in
      let target = packed + column / panelWidth * panel.count
      target.initialize(repeating: 0, count: panel.count)
      for index in 0..<min(panelWidth, arguments.columnCount - column) {
        let magnitude = packColumn(
          arguments, arguments.source + (column + index) * arguments.columnStride, panel,
          target + (index / 16 * panel.halfCount + index % 16 * 2))
        largest = magnitude > largest ? magnitude : largest
      }
    }
    return factors == .rounded || largest < splitLimitBits
  }

  /// Packs one column.
  /// - Returns: The bits of its largest magnitude.
  @inline(__always)
  private static func packColumn(
    _ arguments: PackArguments, _ source: UnsafePointer<Float>, _ panel: UnitPanel,
    _ target: UnsafeMutablePointer<UInt16>
  ) -> UInt32 {
    var largest: UInt32 = 0
    var place = target
    for tap in 0..<panel.taps {
      for block in 0..<panel.pairs.blocks {
        let (first, count) = panel.pairs.channels(of: block)
        for channel in 0..<count {
          let offset = tap * arguments.tapStride + (first + channel) * arguments.channelStride
          let bits = source[offset].bitPattern
          let rounded = roundedToBFloat16(bits)
          let element = place + (channel / 2 * 32 + channel % 2)
          element.pointee = UInt16(truncatingIfNeeded: rounded >> 16)
          if panel.parts == 2 {
            element[2 * panel.halfCount] = UInt16(truncatingIfNeeded: restBeyondBFloat16(bits, rounded) >> 16)
          }
          let magnitude = bits & 0x7FFF_FFFF
          largest = magnitude > largest ? magnitude : largest
        }
        place += panel.parts * 2 * panel.halfCount
      }
    }
    return largest
  }
}
