import InfoldKernelInterface
import Testing

@Suite struct RearrangementTests {
  @Test(arguments: kernelSets.indices) func transposesMatrices(set: Int) {
    let sizes = (1...20).map { ($0, 70) } + (1...20).map { (70, $0) } + [(64, 64), (130, 129), (129, 8)]
    for (rows, columns) in sizes {
      let (count, stride, outputStride) = (2, columns + 1, rows + 2)
      let input = Buffer(random: count * rows * stride, seed: 1)
      let output = Buffer(count * columns * outputStride - 2)
      let arguments = TransposeArguments(
        input: input.input, inputStride: stride, output: output.base, outputStride: outputStride, count: count,
        rows: rows, columns: columns)
      #expect(
        isIndependentOfRange(units: arguments.unitCount, output: output) {
          kernelSets[set].transpose(arguments, units: $0)
        })
      var expected = output.values
      for matrix in 0..<count {
        for row in 0..<rows {
          for column in 0..<columns {
            expected[(matrix * columns + column) * outputStride + row] =
              input.base[(matrix * rows + row) * stride + column]
          }
        }
      }
      #expect(output.values == expected, "\(kernelSets[set].name) \(rows)×\(columns)")
    }
  }

  @Test(arguments: kernelSets.indices) func shufflesChannels(set: Int) {
    let groupings = (1...24).flatMap { [(2 * $0, 2), (4 * $0, 4)] } + [(12, 3), (7, 7), (5, 1)]
    for (channels, groups) in groupings + (1...5).map({ (8 * $0, 8) }) {
      let (pixels, stride, outputStride) = (6, channels + 2, channels + 1)
      let input = Buffer(random: pixels * stride - 2, seed: 2)
      let output = Buffer(pixels * outputStride - 1)
      let arguments = ChannelShuffleArguments(
        input: input.input, inputStride: stride, output: output.base, outputStride: outputStride, channels: channels,
        groups: groups)
      #expect(
        isIndependentOfRange(units: pixels, output: output) {
          kernelSets[set].shuffleChannels(arguments, pixels: $0)
        })
      var expected = output.values
      for pixel in 0..<pixels {
        for channel in 0..<channels {
          let (group, index) = channel.quotientAndRemainder(dividingBy: channels / groups)
          expected[pixel * outputStride + index * groups + group] = input.base[pixel * stride + channel]
        }
      }
      #expect(output.values == expected, "\(kernelSets[set].name) \(channels) in \(groups)")
    }
  }

  @Test(arguments: kernelSets.indices, 1...20) func gathersPixels(set: Int, channels: Int) {
    let rowIndices: [Int32] = [-1, 0, 0, 2, 1, -1, 2]
    let columnIndices: [Int32] = [3, -1, 0, 1, 2, 2, 3, -1]
    for isDense in [false, true] {
      let (images, height, width) = (2, 3, 4)
      let (stride, outputStride) = isDense ? (channels, channels) : (channels + 2, channels + 1)
      let input = Buffer(random: images * height * width * stride - (stride - channels), seed: 3)
      let output = Buffer(
        images * rowIndices.count * columnIndices.count * outputStride - (outputStride - channels))
      rowIndices.withUnsafeBufferPointer { rows in
        columnIndices.withUnsafeBufferPointer { columns in
          let arguments = GatherPixelsArguments(
            input: InputImages(
              base: input.input, count: images, height: height, width: width, channels: channels, pixelStride: stride),
            output: OutputImages(
              base: output.base, count: images, height: rows.count, width: columns.count, channels: channels,
              pixelStride: outputStride), rowIndices: rows.baseAddress!, columnIndices: columns.baseAddress!, fill: 7)
          #expect(
            isIndependentOfRange(units: images * rows.count, output: output) {
              kernelSets[set].gatherPixels(arguments, rows: $0)
            })
        }
      }
      var expected = output.values
      for row in 0..<(images * rowIndices.count) {
        for (x, column) in columnIndices.enumerated() {
          let source = Int(rowIndices[row % rowIndices.count])
          let pixel = (row / rowIndices.count * height + source) * width + Int(column)
          for channel in 0..<channels {
            expected[(row * columnIndices.count + x) * outputStride + channel] =
              source < 0 || column < 0 ? 7 : input.base[pixel * stride + channel]
          }
        }
      }
      #expect(output.values == expected, "\(kernelSets[set].name)")
    }
  }

  @Test(arguments: kernelSets.indices, 1...20) func interpolates(set: Int, channels: Int) {
    for (height, width) in [(3, 4)] + smallSizes { interpolates(set: set, channels: channels, height, width) }
  }

  private func interpolates(set: Int, channels: Int, _ height: Int, _ width: Int) {
    let (images, stride, outputStride) = (2, channels + 2, channels + 1)
    let samples: (Int) -> [LinearSample] = { size in
      (0..<(2 * size)).map { index in
        let position = min(max((Float(index) + 0.5) / 2 - 0.5, 0), Float(size - 1))
        let low = Int32(position)
        return LinearSample(
          low: low, high: min(low + 1, Int32(size - 1)), lowWeight: 1 - (position - Float(low)),
          highWeight: position - Float(low))
      }
    }
    let (rows, columns) = (samples(height), samples(width))
    let input = Buffer(random: images * height * width * stride - 2, seed: 4)
    let output = Buffer(images * rows.count * columns.count * outputStride - 1)
    rows.withUnsafeBufferPointer { rows in
      columns.withUnsafeBufferPointer { columns in
        let arguments = ResizeLinearArguments(
          input: InputImages(
            base: input.input, count: images, height: height, width: width, channels: channels, pixelStride: stride),
          output: OutputImages(
            base: output.base, count: images, height: rows.count, width: columns.count, channels: channels,
            pixelStride: outputStride), rows: rows.baseAddress!, columns: columns.baseAddress!)
        #expect(
          isIndependentOfRange(units: images * rows.count, output: output) {
            kernelSets[set].resizeLinear(arguments, rows: $0)
          })
      }
    }
    var expected = output.values.map(Double.init)
    for row in 0..<(images * rows.count) {
      for (x, column) in columns.enumerated() {
        let (image, y) = row.quotientAndRemainder(dividingBy: rows.count)
        for channel in 0..<channels {
          let value = { (row: Int32, column: Int32) in
            Double(input.base[((image * height + Int(row)) * width + Int(column)) * stride + channel])
          }
          let line = { (row: Int32) in
            value(row, column.low) * Double(column.lowWeight) + value(row, column.high) * Double(column.highWeight)
          }
          expected[(row * columns.count + x) * outputStride + channel] =
            line(rows[y].low) * Double(rows[y].lowWeight) + line(rows[y].high) * Double(rows[y].highWeight)
        }
      }
    }
    #expect(agree(output.values, expected, tolerance: 3e-7), "\(kernelSets[set].name)")
  }
}
