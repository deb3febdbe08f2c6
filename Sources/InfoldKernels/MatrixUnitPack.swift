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
      let (source, count) = (
        arguments.source + column * arguments.columnStride, min(panelWidth, arguments.columnCount - column)
      )
      let magnitude =
        if arguments.columnStride == 1 {
          packRows(arguments, source, columns: count, panel, target)
        } else if arguments.channelStride == 1 {
          packColumns(arguments, source, columns: count, panel, target)
        } else {
          packElements(arguments, source, columns: count, panel, target)
        }
      largest = magnitude > largest ? magnitude : largest
    }
    return factors == .rounded || largest < splitLimitBits
  }

  /// Packs columns whose rows are contiguous.
  /// - Returns: The bits of the largest magnitude for split factors.
  @inline(never)
  private static func packRows(
    _ arguments: PackArguments, _ source: UnsafePointer<Float>, columns: Int, _ panel: UnitPanel,
    _ target: UnsafeMutablePointer<UInt16>
  ) -> UInt32 {
    var largest: UInt32 = 0
    var place = target
    for tap in 0..<panel.taps {
      for block in 0..<panel.pairs.blocks {
        let (first, count) = panel.pairs.channels(of: block)
        for pair in 0..<((count + 1) / 2) {
          let upper = source + (tap * arguments.tapStride + (first + 2 * pair) * arguments.channelStride)
          let hasLower = 2 * pair + 1 < count
          let lower = hasLower ? upper + arguments.channelStride : upper
          forEach(from: 0, to: columns, by: 16) { column in
            let magnitude = packPairs(
              upper + column, lower + column, lowerMask: hasLower ? .max : 0, columns: min(16, columns - column),
              place + (column / 16 * panel.halfCount + pair * 32), panel)
            largest = magnitude > largest ? magnitude : largest
          }
        }
        place += panel.parts * 2 * panel.halfCount
      }
    }
    return largest
  }

  /// Packs up to 16 pairs of numbers.
  @inline(__always)
  private static func packPairs(
    _ upper: UnsafePointer<Float>, _ lower: UnsafePointer<Float>, lowerMask: UInt32, columns: Int,
    _ target: UnsafeMutablePointer<UInt16>, _ panel: UnitPanel
  ) -> UInt32 {
    // Branch-free loops, which vectorize.
    let pairs = UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt32.self)
    guard panel.parts == 2 else {
      for column in 0..<columns {
        let second = roundedToBFloat16(lower[column].bitPattern & lowerMask)
        pairs[column] = roundedToBFloat16(upper[column].bitPattern) >> 16 | second
      }
      return 0
    }
    let rests = pairs + panel.halfCount
    var largest: UInt32 = 0
    for column in 0..<columns {
      let (first, second) = (upper[column].bitPattern, lower[column].bitPattern & lowerMask)
      let (a, b) = (partsInBFloat16(first), partsInBFloat16(second))
      pairs[column] = a.first >> 16 | b.first
      rests[column] = a.second >> 16 | b.second
      let magnitude = (first & 0x7FFF_FFFF) > (second & 0x7FFF_FFFF) ? first & 0x7FFF_FFFF : second & 0x7FFF_FFFF
      largest = magnitude > largest ? magnitude : largest
    }
    return largest
  }

  /// Packs columns that are contiguous, up to 16 at a time.
  /// - Returns: The bits of the largest magnitude for split factors.
  @inline(never)
  private static func packColumns(
    _ arguments: PackArguments, _ source: UnsafePointer<Float>, columns: Int, _ panel: UnitPanel,
    _ target: UnsafeMutablePointer<UInt16>
  ) -> UInt32 {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { numbers in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { rests in
        numbers.initialize(repeating: 0)
        rests.initialize(repeating: 0)
        var largest: UInt32 = 0
        var place = UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt32.self)
        for tap in 0..<panel.taps {
          for block in 0..<panel.pairs.blocks {
            let (first, count) = panel.pairs.channels(of: block)
            let pairs = (count + 1) / 2
            forEach(from: 0, to: columns, by: 16) { column in
              let width = min(16, columns - column)
              for index in 0..<width {
                let magnitude = convertColumn(
                  source + ((column + index) * arguments.columnStride + tap * arguments.tapStride + first),
                  count: count, numbers.baseAddress! + 16 * index, rests.baseAddress! + 16 * index, panel)
                largest = magnitude > largest ? magnitude : largest
              }
              let half = place + column / 16 * panel.halfCount / 2
              transpose(numbers.baseAddress!, columns: width, pairs: pairs, half)
              if panel.parts == 2 {
                transpose(rests.baseAddress!, columns: width, pairs: pairs, half + panel.halfCount)
              }
            }
            place += panel.parts * panel.halfCount
          }
        }
        return largest
      }
    }
  }

  /// Converts a column of a block to pairs. The second number of an incomplete pair is zero.
  @inline(__always)
  private static func convertColumn(
    _ column: UnsafePointer<Float>, count: Int, _ pairs: UnsafeMutablePointer<UInt32>,
    _ rests: UnsafeMutablePointer<UInt32>, _ panel: UnitPanel
  ) -> UInt32 {
    if count % 2 == 1 {
      pairs[count / 2] = 0
      rests[count / 2] = 0
    }
    return convertToBFloat16(
      column, count: count, UnsafeMutableRawPointer(pairs).assumingMemoryBound(to: UInt16.self),
      rests: panel.parts == 2 ? UnsafeMutableRawPointer(rests).assumingMemoryBound(to: UInt16.self) : nil)
  }

  /// Writes 16 pairs of each column as pairs of each row.
  @inline(__always)
  private static func transpose(
    _ pairs: UnsafePointer<UInt32>, columns: Int, pairs count: Int, _ target: UnsafeMutablePointer<UInt32>
  ) {
    for pair in 0..<count {
      for column in 0..<columns { target[16 * pair + column] = pairs[16 * column + pair] }
    }
  }

  /// Packs columns in any order in memory.
  /// - Returns: The bits of the largest magnitude.
  @inline(never)
  private static func packElements(
    _ arguments: PackArguments, _ source: UnsafePointer<Float>, columns: Int, _ panel: UnitPanel,
    _ target: UnsafeMutablePointer<UInt16>
  ) -> UInt32 {
    var largest: UInt32 = 0
    for column in 0..<columns {
      let magnitude = packColumn(
        arguments, source + column * arguments.columnStride, panel,
        target + (column / 16 * panel.halfCount + column % 16 * 2))
      largest = magnitude > largest ? magnitude : largest
    }
    return largest
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
          let element = place + (channel / 2 * 32 + channel % 2)
          if panel.parts == 2 {
            let (first, second) = partsInBFloat16(bits)
            element.pointee = UInt16(truncatingIfNeeded: first >> 16)
            element[2 * panel.halfCount] = UInt16(truncatingIfNeeded: second >> 16)
          } else {
            element.pointee = UInt16(truncatingIfNeeded: roundedToBFloat16(bits) >> 16)
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
