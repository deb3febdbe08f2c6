import InfoldKernelInterface
import InfoldTensor
import Testing

/// Element-wise and pooling kernels for bytes, compared bit for bit with their definitions.
@Suite struct ByteElementwiseTests {
  /// Scales whose quotients are often halfway between two integers, and others.
  private static let scales: [Float] = [1, 0.5, 0.1, 0.0078431, 3.7, 1e-6, 1e20]

  private func quantized(_ x: Float, _ quantization: ByteQuantization) -> UInt8 {
    let number = x.isNaN ? quantization.notANumber : (x / quantization.scale).rounded(.toNearestOrEven)
    return UInt8(Int32(min(max(number, quantization.lower), quantization.upper)) + quantization.zeroPoint)
  }

  @Test(arguments: byteKernelSets.indices) func quantizes(set: Int) {
    let kernels = byteKernelSets[set]
    for scale in Self.scales {
      let special: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, .greatestFiniteMagnitude, -.leastNonzeroMagnitude]
      let halves = (-300...300).flatMap { number -> [Float] in
        let middle = (Float(number) + 0.5) * scale
        return [middle, middle.nextUp, middle.nextDown, Float(number) * scale]
      }
      let input = Buffer(special + halves)
      for zeroPoint: Int32 in [0, 3, 128, 255] {
        let quantization = ByteQuantization(
          scale: scale, lower: Float(-zeroPoint), upper: Float(255 - zeroPoint), zeroPoint: zeroPoint,
          notANumber: Float(-min(zeroPoint, 7)))
        let output = ByteBuffer(input.count)
        #expect(
          isIndependentOfRange(units: input.count, output: output) {
            kernels.quantize(
              Pixels(input.base, channels: 1, pixelStride: 1), Pixels(output.base, channels: 1, pixelStride: 1),
              quantization, pixels: $0)
          })
        #expect(output.values == input.values.map { quantized($0, quantization) }, "\(kernels.name), \(scale)")
      }
    }
  }

  @Test(arguments: byteKernelSets.indices) func quantizesPixelsWithGaps(set: Int) {
    let (pixels, channels) = (5, 37)
    let input = Buffer(random: pixels * 40, seed: 3, bound: 10), output = ByteBuffer(pixels * 41)
    let quantization = ByteQuantization(scale: 0.1, lower: -100, upper: 155, zeroPoint: 100)
    #expect(
      isIndependentOfRange(units: pixels, output: output) {
        byteKernelSets[set].quantize(
          Pixels(input.base, channels: channels, pixelStride: 40),
          Pixels(output.base, channels: channels, pixelStride: 41),
          quantization, pixels: $0)
      })
    for pixel in 0..<pixels {
      for channel in 0..<41 {
        let expected = channel < channels ? quantized(input.values[pixel * 40 + channel], quantization) : 0xa5
        #expect(output.values[pixel * 41 + channel] == expected)
      }
    }
  }

  @Test(arguments: byteKernelSets.indices) func dequantizes(set: Int) {
    let input = ByteBuffer(256 * 3), output = Buffer(256 * 3)
    for index in 0..<input.count { input.base[index] = UInt8(index % 256) }
    #expect(
      isIndependentOfRange(units: 256, output: output) {
        byteKernelSets[set].dequantize(
          Pixels(input.base, channels: 3, pixelStride: 3), Pixels(output.base, channels: 3, pixelStride: 3),
          scale: 0.037,
          zeroPoint: 131, pixels: $0)
      })
    #expect(output.values == input.values.map { Float(Int32($0) - 131) * 0.037 })
  }

  @Test(arguments: byteKernelSets.indices, [1, 2, 7, 8, 9, 16, 17, 33]) func channels(set: Int, channels: Int) {
    let (kernels, pixels) = (byteKernelSets[set], 40)
    let offset = Int32(channels % 2 * 128)
    let scales = Buffer((0..<channels).map { Self.scales[$0 % Self.scales.count] })
    let points = (0..<channels).map { Int32($0 * 53 % 256) }
    let lowers = Buffer(points.map { Float(0 - $0) })
    let quantization = ChannelQuantization(scales: scales.input, lowers: lowers.input, offset: Float(offset))
    let input = Buffer(pixels * channels)
    for index in 0..<input.count {
      let scale = scales.values[index % channels], number = Float(index % 61 - 30) + 0.5
      input.base[index] = [number * scale, (number * scale).nextUp, .nan, .infinity, -.infinity, -0.0][index % 7 % 6]
    }
    let output = ByteBuffer(pixels * (channels + 2))
    #expect(
      isIndependentOfRange(units: pixels, output: output) {
        kernels.quantize(
          Pixels(input.base, channels: channels, pixelStride: channels),
          Pixels(output.base, channels: channels, pixelStride: channels + 2), quantization, pixels: $0)
      })
    for index in 0..<input.count {
      let (pixel, channel) = (index / channels, index % channels)
      let single = ByteQuantization(
        scale: scales.values[channel], lower: Float(-points[channel]), upper: Float(255 - points[channel]),
        zeroPoint: points[channel], notANumber: Float(offset - points[channel]))
      #expect(output.values[pixel * (channels + 2) + channel] == quantized(input.values[index], single))
    }
    let back = Buffer(pixels * channels)
    #expect(
      isIndependentOfRange(units: pixels, output: back) {
        kernels.dequantize(
          Pixels(output.base, channels: channels, pixelStride: channels + 2),
          Pixels(back.base, channels: channels, pixelStride: channels), quantization, pixels: $0)
      })
    #expect(
      back.values
        == (0..<back.count).map { index in
          let channel = index % channels
          return Float(Int32(output.values[index / channels * (channels + 2) + channel]) - points[channel])
            * scales.values[channel]
        })
  }

  @Test(arguments: byteKernelSets.indices) func adds(set: Int) {
    // Every pair of bytes. The gaps remain unchanged.
    for (scaleA, scaleB, scale) in [(0.5, 0.25, 0.5), (0.013, 0.021, 0.03), (1, 1, 2)] as [(Float, Float, Float)] {
      let a = ByteBuffer(65536), b = ByteBuffer(65536), output = ByteBuffer(256 * 300)
      for index in 0..<65536 { (a.base[index], b.base[index]) = (UInt8(index >> 8), UInt8(index & 255)) }
      let quantization = ByteQuantization(scale: scale, lower: -90, upper: 150, zeroPoint: 100)
      #expect(
        isIndependentOfRange(units: 256, output: output) {
          byteKernelSets[set].add(
            ByteAdditionArguments(
              a: Pixels(a.base, channels: 256, pixelStride: 256), scaleA: scaleA, zeroPointA: 128,
              b: Pixels(b.base, channels: 256, pixelStride: 256), scaleB: scaleB, zeroPointB: 7,
              output: Pixels(output.base, channels: 256, pixelStride: 300), quantization: quantization),
            pixels: $0)
        })
      var expected = [UInt8](repeating: 0xa5, count: output.count)
      for index in 0..<65536 {
        let sum = Float(Int32(index >> 8) - 128) * scaleA + Float(Int32(index & 255) - 7) * scaleB
        expected[index / 256 * 300 + index % 256] = quantized(sum, quantization)
      }
      #expect(output.values == expected)
    }
  }

  @Test(arguments: byteKernelSets.indices) func looksUp(set: Int) {
    var random = SplitMix64(seed: 9)
    let table = (0..<256).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) }
    let input = ByteBuffer(random: 700, &random), output = ByteBuffer(700)
    #expect(
      isIndependentOfRange(units: 100, output: output) {
        byteKernelSets[set].lookUp(
          Pixels(input.base, channels: 7, pixelStride: 7), Pixels(output.base, channels: 7, pixelStride: 7),
          table: table, pixels: $0)
      })
    #expect(output.values == input.values.map { table[Int($0)] })
  }

  @Test(arguments: byteKernelSets.indices) func findsTheGreatest(set: Int) {
    var random = SplitMix64(seed: 4)
    let large = [1, 4, 15, 31, 64, 100].map { ($0, 7, 6, 3, 2, 1) }
    let small = smallSizes.flatMap { size in [(33, size.0, size.1, 2, 1, 1), (9, size.0, size.1, 3, 2, 2)] }
    for (channels, height, width, size, stride, pad) in large + small {
      let outputHeight = (height + 2 * pad - size) / stride + 1, outputWidth = (width + 2 * pad - size) / stride + 1
      let input = ByteBuffer(random: 2 * height * width * channels, &random)
      let output = ByteBuffer(2 * outputHeight * outputWidth * channels)
      let kernels = byteKernelSets[set]
      let scratch = AlignedBytes(kernels.windowScratch(taps: size * size, channels: channels))
      #expect(
        isIndependentOfRange(units: 2 * outputHeight * outputWidth, output: output) {
          kernels.maximumPool(
            ImageWindow(height: size, width: size, strideY: stride, strideX: stride, padTop: pad, padLeft: pad),
            InputImages(base: input.base, count: 2, height: height, width: width, channels: channels),
            OutputImages(base: output.base, count: 2, height: outputHeight, width: outputWidth, channels: channels),
            pixels: $0, scratch: scratch.base)
        })
      var expected: [UInt8] = []
      for position in 0..<(2 * outputHeight * outputWidth) {
        let (row, x) = position.quotientAndRemainder(dividingBy: outputWidth)
        let (image, y) = row.quotientAndRemainder(dividingBy: outputHeight)
        for channel in 0..<channels {
          var greatest: UInt8 = 0
          for tap in 0..<(size * size) {
            let inputY = y * stride - pad + tap / size, inputX = x * stride - pad + tap % size
            guard (0..<height).contains(inputY), (0..<width).contains(inputX) else { continue }
            greatest = max(greatest, input.base[((image * height + inputY) * width + inputX) * channels + channel])
          }
          expected.append(greatest)
        }
      }
      #expect(output.values == expected, "\(height) by \(width)")
    }
  }
}
