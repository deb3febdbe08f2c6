public import InfoldKernelInterface

extension UnitByteSet {
  public static func convolutionScratch(taps: Int, channels: Int) -> Int {
    UnitByteScratch(UnitBytePanel(taps: taps, channels: channels), channels: channels).byteCount
  }

  @inline(never)
  public static func convolve(_ arguments: ByteConvolutionArguments) {
    let channels = arguments.input.channels
    let panel = UnitBytePanel(taps: arguments.window.height * arguments.window.width, channels: channels)
    let scratch = UnitByteScratch(panel, channels: channels)
    let places = ByteTaps(arguments.scratch + scratch.places, channels: channels, padding: arguments.padding)
    let pixels = UnitBytePixels(arguments.scratch + scratch.pixels, panel, positions: scratch.positions)
    let unit = Unit(memory: arguments.scratch + scratch.registers)
    let end = arguments.pixels.upperBound
    forEach(from: arguments.pixels.lowerBound, to: end, by: scratch.positions) { first in
      let positions = first..<min(first + scratch.positions, end)
      places.locate(
        positions, arguments.window, arguments.input, arguments.output, tileRows: UnitBytePixels.locatedRows)
      pixels.find(places.pointers, positions: positions.count)
      multiply(unit, pixels, panel, arguments, positions, scratch)
    }
    unit.release()
  }

  /// Multiplies pixels with all panels. Shapes of the unit's registers change only at the last
  /// positions and at the last columns.
  @inline(never)
  private static func multiply(
    _ unit: Unit, _ pixels: UnitBytePixels, _ panel: UnitBytePanel, _ arguments: ByteConvolutionArguments,
    _ positions: Range<Int>, _ scratch: UnitByteScratch
  ) {
    let sums = (arguments.scratch + scratch.sums).assumingMemoryBound(to: Int32.self)
    let (count, end) = (positions.count, arguments.columns.upperBound)
    var (configuredRows, configuredColumns) = (0, 0)
    forEach(from: arguments.columns.lowerBound, to: end, by: panelWidth) { column in
      let columns = min(panelWidth, end - column)
      let weights = arguments.weights + column / panelWidth * panel.byteCount
      forEach(from: 0, to: count, by: 32) { position in
        let rows = min(32, count - position)
        if rows != configuredRows || columns != configuredColumns {
          unit.prepare(
            rows: rows, columns: columns, pairs: panel.quads.quads, in: arguments.scratch + scratch.shapes)
          (configuredRows, configuredColumns) = (rows, columns)
        }
        let first = pixels.taps(at: position), second = rows > 16 ? pixels.taps(at: position + 16) : first
        switch (rows > 16, columns > 16) {
        case (true, true): UnitByteTile<2, 2>.multiply(unit, first, second, weights, panel, to: sums)
        case (true, false): UnitByteTile<2, 1>.multiply(unit, first, second, weights, panel, to: sums)
        case (false, true): UnitByteTile<1, 2>.multiply(unit, first, second, weights, panel, to: sums)
        case (false, false): UnitByteTile<1, 1>.multiply(unit, first, second, weights, panel, to: sums)
        }
        ByteEpilogue(arguments, pixel: positions.lowerBound + position, column: column).finish(
          sums, rows: rows, columns: columns)
      }
    }
  }
}

extension ByteEpilogue {
  /// Computes and stores the results of `rows` output positions from sums that a matrix unit has
  /// stored.
  @inline(never)
  func finish(_ stored: UnsafePointer<Int32>, rows: Int, columns: Int) {
    forEachVector(of: columns) { column, count in
      let bias = ByteSet.lanes(at: bias + column)
      for row in 0..<rows {
        let total = ByteSet.sum(bias, ByteSet.lanes(at: stored + (row &* UnitSums.rowCount &+ column)))
        let place = row &* outputStride &+ column
        if let sums {
          UnsafeMutableRawPointer(sums + place).storeBytes(of: total, as: Lanes.self)
        } else {
          ByteSet.store(requantizer(total, column: column), at: output + place, count: count)
        }
      }
    }
  }
}

/// The parts of the scratch memory of a convolution, as offsets in bytes. All are multiples of 64.
private struct UnitByteScratch {
  /// The number of output positions that are computed at a time, a multiple of 32.
  let positions: Int
  let registers, shapes, sums, places, pixels, byteCount: Int

  @inline(always)
  init(_ panel: UnitBytePanel, channels: Int) {
    // The pixels should leave room for weights in the second-level cache.
    let byteCount = panel.taps * panel.copiedByteCount
    positions = 128 * byteCount <= 1 << 19 ? 128 : 64 * byteCount <= 1 << 19 ? 64 : 32
    registers = 0
    shapes = Unit.registerByteCount
    sums = shapes + 64
    places = sums + UnitSums.byteCount
    let placesByteCount = ByteTaps.scratchByteCount(channels: channels, count: positions * panel.taps)
    pixels = (places + placesByteCount + 63) & ~63
    self.byteCount = pixels + UnitBytePixels.byteCount(panel, positions: positions)
  }
}
