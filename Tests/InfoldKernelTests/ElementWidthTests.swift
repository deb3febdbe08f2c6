import InfoldKernelInterface
import InfoldTensor
import Testing

/// Kernels that only move elements, for elements of every width.
@Suite struct ElementWidthTests {
  static let widths = [1, 2, 4, 8]

  /// Elements that differ in their bytes, and the output of a kernel.
  private struct Elements {
    let width: Int
    let input: ByteBuffer
    let output: ByteBuffer

    init(_ width: Int, inputs: Int, outputs: Int) {
      var random = SplitMix64(seed: UInt64(width * inputs))
      self.width = width
      input = ByteBuffer(random: inputs * width, &random)
      output = ByteBuffer(outputs * width)
    }

    /// Expects that a kernel copies elements from the second to the first index of each entry of `places`, and writes nothing else.
    func expect(
      units: Int, _ comment: String, places: [(target: Int, source: Int)], _ run: (Range<Int>) -> Void
    ) {
      var expected = output.values
      for place in places {
        for byte in 0..<width { expected[place.target * width + byte] = input.base[place.source * width + byte] }
      }
      let isIndependent = isIndependentOfRange(units: units, output: output, run)
      #expect(isIndependent, "\(comment)")
      #expect(output.values == expected, "\(comment)")
    }
  }

  @Test(arguments: kernelSets.indices, widths) func transposesMatrices(set: Int, width: Int) {
    let sizes = (1...20).map { ($0, 70) } + (1...20).map { (70, $0) } + [(64, 64), (130, 129), (129, 8)]
    for (rows, columns) in sizes {
      let (count, stride, outputStride) = (2, columns + 1, rows + 2)
      let elements = Elements(width, inputs: count * rows * stride, outputs: count * columns * outputStride - 2)
      let arguments = TransposeArguments(
        input: elements.input.base, inputStride: stride, output: elements.output.base, outputStride: outputStride,
        count: count, rows: rows, columns: columns, elementByteCount: width)
      var places: [(target: Int, source: Int)] = []
      for index in 0..<(count * rows * columns) {
        let (matrix, row, column) = (index / (rows * columns), index / columns % rows, index % columns)
        places.append(((matrix * columns + column) * outputStride + row, (matrix * rows + row) * stride + column))
      }
      elements.expect(units: arguments.unitCount, "\(width) bytes, \(rows)×\(columns)", places: places) {
        kernelSets[set].transpose(arguments, units: $0)
      }
    }
  }

  @Test(arguments: kernelSets.indices, widths) func shufflesChannels(set: Int, width: Int) {
    let groupings = (1...40).flatMap { [(2 * $0, 2), (4 * $0, 4)] } + [(12, 3), (7, 7), (5, 1), (40, 8)]
    for (channels, groups) in groupings {
      let (pixels, stride, outputStride) = (5, channels + 2, channels + 1)
      let elements = Elements(width, inputs: pixels * stride, outputs: pixels * outputStride - 1)
      let arguments = ChannelShuffleArguments(
        input: elements.input.base, inputStride: stride, output: elements.output.base, outputStride: outputStride,
        channels: channels, groups: groups, elementByteCount: width)
      let places = (0..<(pixels * channels)).map { index in
        let (pixel, channel) = index.quotientAndRemainder(dividingBy: channels)
        let (group, place) = channel.quotientAndRemainder(dividingBy: channels / groups)
        return (target: pixel * outputStride + place * groups + group, source: pixel * stride + channel)
      }
      elements.expect(units: pixels, "\(width) bytes, \(channels) in \(groups)", places: places) {
        kernelSets[set].shuffleChannels(arguments, pixels: $0)
      }
    }
  }

  @Test(arguments: convolutionKernelSets.indices, 1...5) func interleavesBytes(set: Int, channels: Int) {
    for (padTop, padLeft, height, width) in [(0, 0, 4, 5), (2, 1, 8, 9), (1, 3, 5, 6), (0, 0, 2, 3)] {
      let elements = Elements(1, inputs: 2 * channels * 4 * 5, outputs: 2 * height * width * channels)
      let arguments = InterleaveArguments(
        input: elements.input.base, images: 2, height: 4, width: 5, channels: channels, channelStride: 20,
        pixelStride: 1, imageStride: channels * 20, padTop: padTop, padLeft: padLeft, output: elements.output.base,
        outputHeight: height, outputWidth: width, elementByteCount: 1, padding: 77)
      #expect(
        isIndependentOfRange(units: 2 * height, output: elements.output) {
          convolutionKernelSets[set].interleaveChannels(arguments, rows: $0)
        })
      for place in 0..<elements.output.count {
        let (pixel, channel) = place.quotientAndRemainder(dividingBy: channels)
        let (line, x) = pixel.quotientAndRemainder(dividingBy: width)
        let (image, y) = line.quotientAndRemainder(dividingBy: height)
        let isInside = (padTop..<(padTop + 4)).contains(y) && (padLeft..<(padLeft + 5)).contains(x)
        let element = ((image * channels + channel) * 4 + y - padTop) * 5 + x - padLeft
        #expect(elements.output.base[place] == (isInside ? elements.input.base[element] : 77))
      }
    }
  }
}
