import InfoldKernelInterface
import InfoldTensor
import Testing

/// Convolutions of bytes, compared bit for bit with their definition.
@Suite struct ByteConvolutionTests {
  struct Shape {
    var images = 2
    var height = 5
    var width = 6
    var channels = 8
    var outputs = 8
    var size = 1
    var stride = 1
    var dilation = 1
    var pad = 0
    /// How much smaller the padding after rows and columns is than the padding before them.
    var cut = 0
    /// The number of bytes between the pixels of the input, and of the output.
    var gap = 0
    /// The largest magnitude of the weights. Above 64, the sum of two products may exceed 16 bits.
    var greatestWeight = 128

    var outputHeight: Int { (height + 2 * pad - cut - dilation * (size - 1) - 1) / stride + 1 }
    var outputWidth: Int { (width + 2 * pad - cut - dilation * (size - 1) - 1) / stride + 1 }
    var positions: Int { images * outputHeight * outputWidth }
    var taps: Int { size * size }
    var window: ImageWindow {
      ImageWindow(
        height: size, width: size, strideY: stride, strideX: stride, dilationY: dilation, dilationX: dilation,
        padTop: pad, padLeft: pad)
    }
  }

  private static var shapes: [Shape] {
    var shapes: [Shape] = []
    // Every number of positions in a tile, of columns in a panel, and of channels in a group of four.
    for outputs in 1...70 {
      shapes.append(
        Shape(images: 1, height: 1, width: 1 + outputs % 14, channels: 1 + outputs * 7 % 40, outputs: outputs))
    }
    for outputs in [80, 96, 112, 127, 128, 130] {
      shapes.append(Shape(height: 3, width: 33, channels: 13, outputs: outputs, gap: 3))
    }
    for size in 2...4 {
      for stride in 1...2 {
        shapes.append(
          Shape(
            height: 9, width: 8, channels: 3 * size + stride, outputs: 17 * stride, size: size, stride: stride, pad: 1))
      }
    }
    shapes.append(Shape(height: 9, width: 9, channels: 5, outputs: 20, size: 3, dilation: 2, pad: 2, gap: 1))
    shapes.append(Shape(height: 2, width: 2, channels: 4, outputs: 4, size: 3, stride: 2, pad: 3))
    // As many positions as pixels, and different numbers.
    for pad in [-1, 1, 3] {
      shapes.append(Shape(height: 3, width: 5, channels: 6, outputs: 19, pad: pad, cut: 2 * pad))
    }
    for (height, width) in smallSizes {
      for size in [2, 3, 5] {
        for stride in 1...2 {
          shapes.append(
            Shape(
              height: height, width: width, channels: 5 * size, outputs: 9 * size - stride, size: size, stride: stride,
              pad: size - 1))
        }
      }
    }
    return shapes
  }

  private static var depthwiseShapes: [Shape] {
    var shapes = (1...10).map { Shape(channels: $0 * 13, size: 3, stride: 1 + $0 % 2, pad: 1, gap: $0 % 3) }
    for size in [1, 2, 4, 5, 7] {
      shapes.append(Shape(height: 8, width: 9, channels: 70, size: size, pad: size / 2))
      shapes.append(Shape(height: 8, width: 20, channels: 32, size: size, stride: 2, pad: size / 2))
    }
    shapes.append(Shape(height: 9, width: 9, channels: 64, size: 3, dilation: 2, pad: 2))
    for (height, width) in smallSizes {
      for size in [1, 2, 3, 5] {
        for stride in 1...2 {
          shapes.append(
            Shape(height: height, width: width, channels: 33 + size, size: size, stride: stride, pad: size - 1))
        }
      }
    }
    return shapes
  }

  @Test(arguments: byteKernelSets.indices) func convolvesLikeTheDefinition(set: Int) {
    for (seed, shape) in Self.shapes.enumerated() {
      for greatest in [128, 64] {
        var shape = shape
        shape.greatestWeight = greatest
        check(byteKernelSets[set], shape, UInt64(seed), isDepthwise: false)
      }
    }
  }

  @Test(arguments: byteKernelSets.indices) func convolvesChannelsByThemselves(set: Int) {
    for (seed, shape) in Self.depthwiseShapes.enumerated() {
      check(byteKernelSets[set], shape, UInt64(seed), isDepthwise: true)
    }
  }

  /// The largest products of both signs, whose sum exceeds 16 bits.
  @Test(arguments: byteKernelSets.indices) func extremeProducts(set: Int) {
    for weight in [Int8.min, -65, -64, 64, 65, .max] {
      check(
        byteKernelSets[set], Shape(images: 1, height: 3, width: 5, channels: 64, outputs: 20), 1, isDepthwise: false,
        input: 255, weight: weight)
      check(
        byteKernelSets[set], Shape(images: 1, channels: 64, size: 3, pad: 1), 1, isDepthwise: true, input: 255,
        weight: weight)
    }
  }

  private func check(
    _ kernels: any ByteKernels.Type, _ shape: Shape, _ seed: UInt64, isDepthwise: Bool, input fixedInput: UInt8? = nil,
    weight fixedWeight: Int8? = nil
  ) {
    var random = SplitMix64(seed: seed)
    let channels = shape.channels, columns = isDepthwise ? channels : shape.outputs
    let (stride, outputStride) = (channels + shape.gap, columns + shape.gap)
    let input = ByteBuffer(random: shape.images * shape.height * shape.width * stride - shape.gap, &random)
    if let fixedInput { for index in 0..<input.count { input.base[index] = fixedInput } }
    let output = ByteBuffer(shape.positions * outputStride - shape.gap)
    let perColumn = shape.taps * (isDepthwise ? 1 : channels)
    // In ONNX order: column, channel, tap.
    let weights = (0..<(columns * perColumn)).map { _ in
      fixedWeight ?? Int8(Int(Int8(truncatingIfNeeded: random.next() >> 32)) * shape.greatestWeight / 128)
    }
    let bias = (0..<columns).map { _ in Int32(truncatingIfNeeded: random.next() >> 32) >> 16 }
    let multipliers = (0..<columns).map { _ in Float(1 + random.next() % 1000) / Float(100_000 * perColumn) }
    let zeroPoint = Int32(random.next() % 256)
    let lower = Float(Int32(random.next() % 20)) - Float(zeroPoint), upper = Float(255 - zeroPoint)
    let padding = UInt8(truncatingIfNeeded: random.next() >> 32)

    // The memory that a kernel needs for whole blocks of columns.
    let block = isDepthwise ? kernels.depthwiseBlock : kernels.panelWidth
    let count = (columns + block - 1) / block * block
    let starts = AlignedBytes(4 * count), factors = AlignedBytes(4 * count)
    for column in 0..<columns {
      let place = isDepthwise ? kernels.depthwisePlace(ofChannel: column) : column
      starts.bound(to: Int32.self)[place] = bias[column]
      factors.bound(to: Float.self)[place] = multipliers[column]
    }
    let packed = AlignedBytes(
      isDepthwise
        ? kernels.depthwisePackedByteCount(taps: shape.taps, channels: channels)
        : kernels.packedByteCount(taps: shape.taps, channels: channels, columns: columns))
    if isDepthwise {
      kernels.packDepthwise(weights, taps: shape.taps, channels: channels, into: packed.bound(to: Int8.self))
    } else {
      weights.withUnsafeBufferPointer { weights in
        kernels.pack(
          BytePackArguments(
            source: weights.baseAddress!, taps: shape.taps, channels: channels, tapStride: 1, channelStride: shape.taps,
            columnStride: perColumn, columns: columns, packed: packed.bound(to: Int8.self)))
      }
    }
    let scratch = AlignedBytes(
      isDepthwise
        ? kernels.windowScratch(taps: shape.taps, channels: channels)
        : kernels.convolutionScratch(taps: shape.taps, channels: channels))
    func arguments(_ pixels: Range<Int>, _ columns: Range<Int>) -> ByteConvolutionArguments {
      ByteConvolutionArguments(
        window: shape.window,
        input: InputImages(
          base: input.base, count: shape.images, height: shape.height, width: shape.width, channels: channels,
          pixelStride: stride),
        padding: padding, weights: packed.bound(to: Int8.self),
        output: OutputImages(
          base: output.base, count: shape.images, height: shape.outputHeight, width: shape.outputWidth,
          channels: columns.count, pixelStride: outputStride),
        requantization: Requantization(
          bias: starts.bound(to: Int32.self), multipliers: factors.bound(to: Float.self), lower: lower, upper: upper,
          zeroPoint: zeroPoint),
        pixels: pixels, columns: columns, scratch: scratch.base)
    }
    let positions = shape.positions
    #expect(
      isIndependentOfRange(units: positions, output: output) {
        isDepthwise ? kernels.depthwise(arguments($0, 0..<columns)) : kernels.convolve(arguments($0, 0..<columns))
      }, "\(shape)")
    if !isDepthwise {
      #expect(
        isIndependentOfRange(units: columns, unit: kernels.panelWidth, output: output) {
          kernels.convolve(arguments(0..<positions, $0))
        }, "\(shape)")
    }

    var expected = output.values
    // For a product, the kernel can also return the sums themselves.
    let room = (columns + 15) / 16 * 16
    let sums = AlignedBytes(4 * positions * room)
    if !isDepthwise {
      var arguments = arguments(0..<positions, 0..<columns)
      arguments.output.pixelStride = room
      arguments.sums = sums.bound(to: Int32.self)
      kernels.convolve(arguments)
      #expect(output.values == expected && output.isIntact, "\(shape)")
    }
    for position in 0..<positions {
      let (row, x) = position.quotientAndRemainder(dividingBy: shape.outputWidth)
      let (image, y) = row.quotientAndRemainder(dividingBy: shape.outputHeight)
      for column in 0..<columns {
        var sum = bias[column]
        for tap in 0..<shape.taps {
          let inputY = y * shape.stride - shape.pad + tap / shape.size * shape.dilation
          let inputX = x * shape.stride - shape.pad + tap % shape.size * shape.dilation
          let isInside = (0..<shape.height).contains(inputY) && (0..<shape.width).contains(inputX)
          let pixel = input.base + ((image * shape.height + inputY) * shape.width + inputX) * stride
          for channel in isDepthwise ? column..<(column + 1) : 0..<channels {
            let weight = weights[column * perColumn + (isDepthwise ? 0 : channel * shape.taps) + tap]
            sum &+= Int32(isInside ? pixel[channel] : padding) * Int32(weight)
          }
        }
        if !isDepthwise {
          #expect(sums.bound(to: Int32.self)[position * room + column] == sum, "\(kernels.name), \(shape)")
        }
        let number = min(max(Float(sum) * multipliers[column], lower), upper)
        expected[position * outputStride + column] = UInt8(Int32(number.rounded(.toNearestOrEven)) + zeroPoint)
      }
    }
    #expect(output.values == expected, "\(kernels.name), \(shape)")
  }
}
