import InfoldKernelInterface
import Testing

@Suite struct PackTests {
  @Test(arguments: convolutionKernelSets.indices) func writesPanelsAndFillsTheLastOne(set: Int) {
    let kernels = convolutionKernelSets[set]
    let width = kernels.panelWidth
    let (taps, channels) = (3, 5)
    for columns in [1, width - 1, width, width + 1, 3 * width - 2] {
      // [channels, columns, taps]: none of the usual orders.
      let source = Buffer(random: channels * columns * taps, seed: 7)
      let count = kernels.packedCount(rows: taps * channels, columns: columns)
      #expect(count == (columns + width - 1) / width * width * taps * channels)
      let packed = Buffer(count)
      for column in stride(from: 0, to: columns, by: width) {
        kernels.pack(
          PackArguments(
            source: source.input, taps: taps, channels: channels, tapStride: 1, channelStride: columns * taps,
            columnStride: taps, columnCount: columns, columns: column..<min(column + width, columns),
            packed: packed.base))
      }
      for place in 0..<count {
        let (panel, element) = place.quotientAndRemainder(dividingBy: width * taps * channels)
        let (row, lane) = element.quotientAndRemainder(dividingBy: width)
        let (tap, channel) = row.quotientAndRemainder(dividingBy: channels)
        let column = panel * width + lane
        let expected = column < columns ? source.base[(channel * columns + column) * taps + tap] : 0
        #expect(packed.base[place] == expected)
      }
      #expect(packed.isIntact)
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
