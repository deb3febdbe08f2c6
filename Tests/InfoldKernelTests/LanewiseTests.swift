import InfoldKernelInterface
import Testing

/// What kernels that compute lane by lane have in common.
@Suite struct LanewiseTests {
  private static let channelCounts = Array(1...20) + [24, 40, 64, 112, 128, 130]

  /// Where one number per channel meets many pixels, it is repeated for some of them at once.
  @Test(arguments: lanewiseKernelSets.indices, channelCounts) func repeatsChannels(set: Int, channels: Int) {
    let kernels = lanewiseKernelSets[set]
    let shape = ElementwiseShape(images: 2, pixels: 4 * 256 / channels + 3, channels: channels)
    let image = Buffer(random: shape.unitCount * channels, seed: 1), row = Buffer(random: 2 * channels, seed: 2)
    let dense = ElementwiseInput(image.input, like: shape)
    let output = Buffer(image.count)
    let result = ElementwiseOutput(output.base, like: shape)
    for stride in [0, channels] {
      let perChannel = ElementwiseInput(row.input, imageStride: stride, pixelStride: 0, channelStride: 1)
      for (left, right) in [(dense, perChannel), (perChannel, dense), (perChannel, perChannel)] {
        let arguments = BinaryArguments(
          .subtract, activation: .identity, shape: shape, left: left, right: right, output: result)
        #expect(
          isIndependentOfRange(units: shape.unitCount, output: output) { kernels.binary(arguments, pixels: $0) })
        let expected = output.values.indices.map { number(left, $0, shape) - number(right, $0, shape) }
        #expect(output.values == expected, "\(kernels.name) \(channels) channels")
      }
      let arguments = ScaleShiftArguments(
        activation: .relu, shape: shape, input: dense, scale: perChannel, shift: perChannel, output: result)
      #expect(
        isIndependentOfRange(units: shape.unitCount, output: output) { kernels.scaleShift(arguments, pixels: $0) })
      let expected = output.values.indices.map { index in
        let factor = Double(number(perChannel, index, shape))
        return max(Double(number(dense, index, shape)) * factor + factor, 0)
      }
      #expect(agree(output.values, expected, tolerance: 2e-7), "\(kernels.name) \(channels) channels")
    }
  }

  /// Element `index` of an operand.
  private func number(_ operand: ElementwiseInput, _ index: Int, _ shape: ElementwiseShape) -> Float {
    let (place, channel) = index.quotientAndRemainder(dividingBy: shape.channels)
    let (image, pixel) = place.quotientAndRemainder(dividingBy: shape.pixels)
    return operand.base[image * operand.imageStride + pixel * operand.pixelStride + channel * operand.channelStride]
  }

  /// The sets that multiply and add in one rounding. Debug builds have one of them.
  static let fused = lanewiseKernelSets.filter { $0.vectorWidth >= 8 }

  @Test(.enabled(if: fused.count > 1), arguments: 0...UnaryFunction.mish.rawValue) func widthKeepsTheBitsOfFunctions(
    function: UInt8
  ) {
    let input = Buffer(random: 5003, seed: 3, bound: 30), shape = ElementwiseShape(pixels: 5003)
    expectSameBits(input.count, "\(UnaryFunction(rawValue: function)!)") { kernels, output in
      kernels.unary(
        UnaryArguments(
          UnaryFunction(rawValue: function)!, alpha: 0.3, beta: 1.5, shape: shape,
          input: ElementwiseInput(input.input, like: shape), output: ElementwiseOutput(output, like: shape)),
        pixels: 0..<input.count)
    }
  }

  @Test(
    .enabled(if: fused.count > 1), arguments: [PoolOperation.maximum, .average, .averageIncludingPadding],
    [(2, 2), (3, 1), (3, 2), (5, 1)])
  func widthKeepsTheBitsOfPools(operation: PoolOperation, window: (size: Int, stride: Int)) {
    let (height, width, pad) = (20, 31, window.size / 2)
    let (rows, columns) = (
      (height + 2 * pad - window.size) / window.stride + 1, (width + 2 * pad - window.size) / window.stride + 1
    )
    for channels in Self.channelCounts {
      let input = Buffer(random: height * width * channels, seed: 4)
      expectSameBits(rows * columns * channels, "\(operation) \(window) \(channels) channels") { kernels, output in
        kernels.pool(
          PoolArguments(
            input: InputImages(base: input.input, count: 1, height: height, width: width, channels: channels),
            output: OutputImages(base: output, count: 1, height: rows, width: columns, channels: channels),
            window: ImageWindow(
              height: window.size, width: window.size, strideY: window.stride, strideX: window.stride, padTop: pad,
              padLeft: pad),
            operation: operation, padBottom: pad, padRight: pad),
          rows: 0..<rows)
      }
    }
  }

  private func expectSameBits(
    _ count: Int, _ name: String, _ run: (any LanewiseKernels.Type, UnsafeMutablePointer<Float>) -> Void
  ) {
    let results = Self.fused.map { kernels in
      let output = Buffer(count)
      run(kernels, output.base)
      #expect(output.isIntact)
      return output.values.map(\.bitPattern)
    }
    for other in results.dropFirst() { #expect(other == results[0], "\(name)") }
  }
}
