import InfoldKernelInterface
import Testing

/// Properties that all kernels that compute lane by lane share.
@Suite struct LanewiseTests {
  static let channelCounts = Array(1...20) + [24, 40, 64, 112, 128, 130]

  /// If an operand has one number per channel and there are many pixels, it is repeated for several pixels at once.
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
}
