import Glibc
import InfoldKernelInterface
import Testing

@Suite struct NormalizationTests {
  @Test(arguments: kernelSets.indices, [false, true]) func sharesOut(set: Int, isLogarithmic: Bool) {
    for columns in Array(1...40) + [1000] {
      let (rows, stride, outputStride) = (4, columns + 2, columns + 1)
      let input = Buffer(random: rows * stride - 2, seed: 1, bound: 20)
      let output = Buffer(rows * outputStride - 1)
      let arguments = SoftmaxArguments(
        input: input.input, inputStride: stride, output: output.base, outputStride: outputStride, rows: rows,
        columns: columns, isLogarithmic: isLogarithmic)
      #expect(isIndependentOfRange(units: rows, output: output) { kernelSets[set].softmax(arguments, rows: $0) })
      var expected = output.values.map(Double.init)
      for row in 0..<rows {
        let values = (0..<columns).map { Double(input.base[row * stride + $0]) }
        let largest = values.max()!
        let total = values.map { exp($0 - largest) }.reduce(0, +)
        for (column, value) in values.enumerated() {
          expected[row * outputStride + column] =
            isLogarithmic ? value - largest - log(total) : exp(value - largest) / total
        }
      }
      #expect(agree(output.values, expected, tolerance: 5e-7), "\(kernelSets[set].name) \(columns) columns")
    }
  }

  @Test(arguments: kernelSets.indices, [false, true]) func normalizesLayers(set: Int, shifts: Bool) {
    for columns in Array(1...40) + [768] {
      let (rows, stride, outputStride) = (4, columns + 2, columns + 1)
      let input = Buffer(random: rows * stride - 2, seed: 2, bound: 3)
      let (scale, shift) = (Buffer(random: columns, seed: 3), Buffer(random: columns, seed: 4))
      let output = Buffer(rows * outputStride - 1)
      let arguments = LayerNormalizationArguments(
        input: input.input, inputStride: stride, output: output.base, outputStride: outputStride, rows: rows,
        columns: columns, epsilon: 1e-3, scale: scale.input, shift: shifts ? shift.input : nil)
      #expect(
        isIndependentOfRange(units: rows, output: output) { kernelSets[set].layerNormalization(arguments, rows: $0) })
      var expected = output.values.map(Double.init)
      for row in 0..<rows {
        let normal = normalized((0..<columns).map { Double(input.base[row * stride + $0]) }, epsilon: 1e-3)
        for column in 0..<columns {
          let offset = shifts ? Double(shift.base[column]) : 0
          expected[row * outputStride + column] = normal[column] * Double(scale.base[column]) + offset
        }
      }
      #expect(agree(output.values, expected, tolerance: 5e-6), "\(kernelSets[set].name) \(columns) columns")
    }
  }

  @Test(arguments: kernelSets.indices) func normalizesGroups(set: Int) {
    let shapes =
      (1...20).map { ($0, $0, 3, 5) } + (1...20).map { ($0, 1, 3, 5) }
      + [(12, 4), (24, 2), (20, 10), (21, 3), (40, 8), (22, 2), (10, 2), (30, 5), (14, 2)].map { ($0.0, $0.1, 3, 5) }
      + smallSizes.flatMap { size in [(18, 1), (18, 3), (18, 9)].map { ($0.0, $0.1, size.0, size.1) } }
    for (channels, groups, height, width) in shapes {
      let (images, stride, outputStride) = (2, channels + 2, channels + 1)
      let pixels = height * width
      let input = Buffer(random: images * pixels * stride - 2, seed: 5, bound: 2)
      let (scale, shift) = (Buffer(random: channels, seed: 6), Buffer(random: channels, seed: 7))
      let output = Buffer(images * pixels * outputStride - 1)
      let arguments = GroupNormalizationArguments(
        input: InputImages(
          base: input.input, count: images, height: height, width: width, channels: channels, pixelStride: stride),
        output: OutputImages(
          base: output.base, count: images, height: height, width: width, channels: channels,
          pixelStride: outputStride), groups: groups, epsilon: 1e-3, scale: scale.input, shift: shift.input)
      #expect(
        isIndependentOfRange(units: arguments.unitCount, output: output) {
          kernelSets[set].groupNormalization(arguments, units: $0)
        })
      var expected = output.values.map(Double.init)
      let size = channels / groups
      for image in 0..<images {
        for group in 0..<groups {
          let places = (0..<(pixels * size)).map { (image * pixels + $0 / size, group * size + $0 % size) }
          let normal = normalized(places.map { Double(input.base[$0.0 * stride + $0.1]) }, epsilon: 1e-3)
          for (value, (pixel, channel)) in zip(normal, places) {
            expected[pixel * outputStride + channel] = value * Double(scale.base[channel]) + Double(shift.base[channel])
          }
        }
      }
      #expect(agree(output.values, expected, tolerance: 5e-6), "\(kernelSets[set].name) \(channels) in \(groups)")
    }
  }

  private func normalized(_ values: [Double], epsilon: Double) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
    return values.map { ($0 - mean) / (variance + epsilon).squareRoot() }
  }

  @Test(arguments: kernelSets.indices, 1...20) func normalizesResponses(set: Int, channels: Int) {
    for size in 1...6 {
      let shape = ElementwiseShape(images: 2, pixels: 3, channels: channels)
      let (stride, outputStride) = (channels + 2, channels + 1)
      let input = Buffer(random: shape.unitCount * stride - 2, seed: 8, bound: 10)
      let output = Buffer(shape.unitCount * outputStride - 1)
      let scratch = Buffer(LocalResponseNormalizationArguments.scratchCount(channels: channels, size: size))
      let arguments = LocalResponseNormalizationArguments(
        shape: shape, input: ElementwiseInput(input.input, like: shape, pixelStride: stride),
        output: ElementwiseOutput(output.base, like: shape, pixelStride: outputStride), size: size, alpha: 0.5,
        beta: 0.75, bias: 2, scratch: scratch.base)
      #expect(
        isIndependentOfRange(units: shape.unitCount, output: output) {
          kernelSets[set].localResponseNormalization(arguments, pixels: $0)
        })
      #expect(scratch.isIntact)
      var expected = output.values.map(Double.init)
      for pixel in 0..<shape.unitCount {
        let values = (0..<channels).map { Double(input.base[pixel * stride + $0]) }
        for channel in 0..<channels {
          let first = max(0, channel - (size - 1) / 2)
          let last = min(channels - 1, channel + size / 2)
          let squares = values[first...last].map { $0 * $0 }.reduce(0, +)
          expected[pixel * outputStride + channel] = values[channel] / pow(2 + 0.5 / Double(size) * squares, 0.75)
        }
      }
      #expect(agree(output.values, expected, tolerance: 2e-6), "\(kernelSets[set].name) size \(size)")
    }
  }
}
