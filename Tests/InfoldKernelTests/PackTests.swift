import InfoldKernelInterface
import Testing

@Suite struct PackTests {
  /// The order of a matrix's elements in memory.
  enum Order: CaseIterable {
    /// [channels, columns, taps], an uncommon order.
    case unusual
    /// [columns, channels, taps], as in the weights of convolutions.
    case weights
    /// [taps, columns, channels].
    case channelsLast

    /// The strides of taps, channels and columns.
    func strides(taps: Int, channels: Int, columns: Int) -> (tap: Int, channel: Int, column: Int) {
      switch self {
      case .unusual: (1, columns * taps, taps)
      case .weights: (1, taps, channels * taps)
      case .channelsLast: (columns * channels, 1, channels)
      }
    }
  }

  @Test(arguments: convolutionKernelSets.indices, Order.allCases)
  func writesPanelsAndFillsTheLastOne(set: Int, order: Order) {
    let kernels = convolutionKernelSets[set]
    let width = kernels.panelWidth
    for (taps, channels) in [(1, 1), (1, 16), (1, 37), (3, 5), (9, 19)] {
      for columns in [1, width - 1, width, width + 1, 3 * width - 2] {
        let strides = order.strides(taps: taps, channels: channels, columns: columns)
        let source = Buffer(random: channels * columns * taps, seed: 7)
        let count = kernels.packedCount(rows: taps * channels, columns: columns)
        #expect(count == (columns + width - 1) / width * width * taps * channels)
        let packed = Buffer(count)
        for column in stride(from: 0, to: columns, by: width) {
          kernels.pack(
            PackArguments(
              source: source.input, taps: taps, channels: channels, tapStride: strides.tap,
              channelStride: strides.channel, columnStride: strides.column, columnCount: columns,
              columns: column..<min(column + width, columns), packed: packed.base))
        }
        let isRight = (0..<count).allSatisfy { place in
          let (panel, element) = place.quotientAndRemainder(dividingBy: width * taps * channels)
          let (row, lane) = element.quotientAndRemainder(dividingBy: width)
          let (tap, channel) = row.quotientAndRemainder(dividingBy: channels)
          let column = panel * width + lane
          let place = tap * strides.tap + channel * strides.channel + column * strides.column
          return packed.base[element + panel * width * taps * channels] == (column < columns ? source.base[place] : 0)
        }
        #expect(isRight, "\(taps) taps, \(channels) channels, \(columns) columns")
        #expect(packed.isIntact)
      }
    }
  }

  /// Each part of the weights is transformed independently, and rounded once.
  @Test(arguments: convolutionKernelSets.indices, [2, 4, 6])
  func transformsWeightsInDoublePrecision(set: Int, tile: Int) {
    let kernels = convolutionKernelSets[set]
    let width = kernels.panelWidth, channels = 3
    let points: [Double] =
      switch tile {
      case 2: [0, 1, -1]
      case 4: [0, 0.5.squareRoot(), -0.5.squareRoot(), 2.0.squareRoot(), -2.0.squareRoot()]
      default: [0, 0.5, -0.5, 1, -1, 2, -2]
      }
    /// The factors of the three weights of a row.
    func factors(_ position: Int) -> [Double] {
      guard position < points.count else { return [0, 0, 1] }
      let point = points[position]
      let product = points.indices.reduce(1.0) { $1 == position ? $0 : $0 * (point - points[$1]) }
      return [1 / product, point / product, point * point / product]
    }
    for columns in [1, width, 2 * width + 5] {
      let source = Buffer(random: columns * channels * 9, seed: 5)
      let count = kernels.winogradPackedCount(tile: tile, channels: channels, outputChannels: columns)
      let (whole, parts) = (Buffer(count), Buffer(count))
      func pack(_ range: Range<Int>, into target: Buffer) -> Bool {
        kernels.packWinograd(
          WinogradPackArguments(
            tile: tile, source: source.input, channels: channels, columnCount: columns, columns: range,
            packed: target.base))
      }
      #expect(pack(0..<columns, into: whole))
      for column in stride(from: 0, to: columns, by: width) {
        #expect(pack(column..<min(column + width, columns), into: parts))
      }
      #expect(whole.isIntact && parts.isIntact)
      #expect((0..<count).allSatisfy { whole.base[$0].bitPattern == parts.base[$0].bitPattern })
      let matrix = kernels.packedCount(rows: channels, columns: columns)
      for place in 0..<count {
        let (position, element) = place.quotientAndRemainder(dividingBy: matrix)
        let (panel, rest) = element.quotientAndRemainder(dividingBy: width * channels)
        let (channel, lane) = rest.quotientAndRemainder(dividingBy: width)
        let column = panel * width + lane
        let (y, x) = position.quotientAndRemainder(dividingBy: tile + 2)
        let (down, across) = (factors(y), factors(x))
        var sum = 0.0
        for tap in 0..<9 where column < columns {
          sum += down[tap / 3] * across[tap % 3] * Double(source.base[(column * channels + channel) * 9 + tap])
        }
        #expect(abs(Double(whole.base[place]) - sum) <= 1e-7 * max(1, abs(sum)))
      }
    }
  }

  @Test(arguments: convolutionKernelSets.indices) func interleavesWithZerosAround(set: Int) {
    let kernels = convolutionKernelSets[set]
    for channels in 1...5 {
      for (padTop, padLeft, height, width) in [(0, 0, 4, 5), (2, 1, 8, 9), (1, 3, 5, 6), (0, 0, 2, 3)] {
        let source = Buffer(random: 2 * channels * 4 * 5, seed: 3)
        let output = Buffer(2 * height * width * channels)
        let arguments = InterleaveArguments(
          input: source.input, images: 2, height: 4, width: 5, channels: channels, channelStride: 20, pixelStride: 1,
          imageStride: channels * 20, padTop: padTop, padLeft: padLeft, output: output.base, outputHeight: height,
          outputWidth: width)
        #expect(
          isIndependentOfRange(units: 2 * height, output: output) { kernels.interleaveChannels(arguments, rows: $0) })
        for place in 0..<output.count {
          let (pixel, channel) = place.quotientAndRemainder(dividingBy: channels)
          let (line, x) = pixel.quotientAndRemainder(dividingBy: width)
          let (image, y) = line.quotientAndRemainder(dividingBy: height)
          let isInside = (padTop..<(padTop + 4)).contains(y) && (padLeft..<(padLeft + 5)).contains(x)
          let element = ((image * channels + channel) * 4 + y - padTop) * 5 + x - padLeft
          #expect(output.base[place] == (isInside ? source.base[element] : 0))
        }
      }
    }
  }
}
