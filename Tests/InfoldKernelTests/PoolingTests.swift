import InfoldKernelInterface
import InfoldTensor
import Testing

@Suite struct PoolingTests {
  struct Shape {
    var size = 3
    var stride = 2
    var dilation = 1
    var pad = 1
    var height = 7
    var width = 8
    var channels = 8

    /// As for `ceil_mode`: the last window may extend beyond the padding.
    func output(_ input: Int) -> Int {
      let positions = (input + 2 * pad - dilation * (size - 1) - 1 + stride - 1) / stride + 1
      return (positions - 1) * stride >= input + pad ? positions - 1 : positions
    }
  }

  private static var shapes: [Shape] {
    var shapes = (1...40).map { Shape(channels: $0) }
    for width in 3...9 {
      shapes.append(Shape(size: 2, pad: 0, width: width, channels: 5))
      shapes.append(Shape(stride: 1, width: width, channels: 67))
      shapes.append(Shape(stride: 1, dilation: 2, pad: 2, width: width, channels: 9))
    }
    // Windows that share columns, which do not all fit into the scratch memory at once.
    for (width, channels) in [(400, 3), (70, 67), (20, 300), (30, 1025)] {
      shapes.append(Shape(stride: 1, height: 3, width: width, channels: channels))
      shapes.append(Shape(size: 5, stride: 2, pad: 2, height: 5, width: width, channels: channels))
      shapes.append(Shape(size: 4, stride: 1, dilation: 2, pad: 3, height: 4, width: width, channels: channels))
    }
    shapes.append(Shape(size: 13, stride: 1, dilation: 20, pad: 120, height: 2, width: 300, channels: 5))
    for (height, width) in smallSizes {
      for (size, pad) in [(1, 0), (2, 1), (3, 1), (3, 2), (5, 4)] where size <= min(height, width) + 2 * pad {
        shapes.append(Shape(size: size, stride: 1, pad: pad, height: height, width: width, channels: 11))
        shapes.append(Shape(size: size, stride: 2, pad: pad, height: height, width: width, channels: 33))
      }
    }
    return shapes
  }

  @Test(arguments: lanewiseKernelSets.indices, [PoolOperation.maximum, .average, .averageIncludingPadding])
  func poolsLikeTheDefinition(set: Int, operation: PoolOperation) {
    for shape in Self.shapes { check(lanewiseKernelSets[set], operation, shape) }
  }

  private func check(
    _ kernels: any (ConvolutionKernels & LanewiseKernels).Type, _ operation: PoolOperation, _ shape: Shape
  ) {
    let (images, height, width, channels) = (2, shape.height, shape.width, shape.channels)
    let (outputHeight, outputWidth) = (shape.output(height), shape.output(width))
    let (stride, outputStride) = (channels + 2, channels + 1)
    let input = Buffer(random: images * height * width * stride - 2, seed: 5)
    input.base[stride + channels - 1] = .nan
    let output = Buffer(images * outputHeight * outputWidth * outputStride - 1)
    let arguments = PoolArguments(
      input: InputImages(
        base: input.input, count: images, height: height, width: width, channels: channels, pixelStride: stride),
      output: OutputImages(
        base: output.base, count: images, height: outputHeight, width: outputWidth, channels: channels,
        pixelStride: outputStride),
      window: ImageWindow(
        height: shape.size, width: shape.size, strideY: shape.stride, strideX: shape.stride, dilationY: shape.dilation,
        dilationX: shape.dilation, padTop: shape.pad, padLeft: shape.pad),
      operation: operation, padBottom: shape.pad, padRight: shape.pad)
    #expect(
      isIndependentOfRange(units: images * outputHeight, output: output) { kernels.pool(arguments, rows: $0) })

    var expected = output.values.map(Double.init)
    for pixel in 0..<(images * outputHeight * outputWidth) {
      let (row, x) = pixel.quotientAndRemainder(dividingBy: outputWidth)
      let (image, y) = row.quotientAndRemainder(dividingBy: outputHeight)
      for channel in 0..<channels {
        var values: [Double] = []
        var padding = 0
        for tap in 0..<(shape.size * shape.size) {
          let row = y * shape.stride - shape.pad + tap / shape.size * shape.dilation
          let column = x * shape.stride - shape.pad + tap % shape.size * shape.dilation
          if (0..<height).contains(row) && (0..<width).contains(column) {
            values.append(Double(input.base[((image * height + row) * width + column) * stride + channel]))
          } else if row < height + shape.pad && column < width + shape.pad {
            padding += 1
          }
        }
        let sum = values.reduce(0, +)
        expected[pixel * outputStride + channel] =
          switch operation {
          case .maximum: sum.isNaN ? .nan : values.max() ?? -.infinity
          case .average: sum / Double(values.count)
          case .averageIncludingPadding: sum / Double(values.count + padding)
          }
      }
    }
    #expect(agree(output.values, expected, tolerance: 1e-6), "\(kernels.name) \(operation) \(shape)")
  }

  @Test(
    arguments: kernelSets.indices, [Reduction.sum, .mean, .magnitudes, .squares, .norm, .product, .maximum, .minimum])
  func reducesPictures(set: Int, reduction: Reduction) {
    let sizes = (1...40).map { ($0, 3, 4) } + [(64, 7, 8), (70, 15, 16)] + smallSizes.map { (37, $0.0, $0.1) }
    for (channels, height, width) in sizes {
      let (images, stride, outputStride) = (2, channels + 1, channels + 2)
      let pixels = height * width
      let input = Buffer(random: images * pixels * stride - 1, seed: 6)
      let output = Buffer(images * outputStride - 2)
      let arguments = GlobalPoolArguments(
        input: InputImages(
          base: input.input, count: images, height: height, width: width, channels: channels, pixelStride: stride),
        output: output.base, outputStride: outputStride, reduction: reduction)
      #expect(
        isIndependentOfRange(units: arguments.unitCount, output: output) {
          kernelSets[set].globalPool(arguments, units: $0)
        })
      var expected = output.values.map(Double.init)
      for image in 0..<images {
        for channel in 0..<channels {
          let values = (0..<pixels).map { Double(input.base[(image * pixels + $0) * stride + channel]) }
          expected[image * outputStride + channel] = reduction.reference(values)
        }
      }
      #expect(agree(output.values, expected, tolerance: 2e-6), "\(kernelSets[set].name) \(channels) channels")
    }
  }

  @Test(
    arguments: kernelSets.indices, [Reduction.sum, .mean, .magnitudes, .squares, .norm, .product, .maximum, .minimum])
  func reducesRows(set: Int, reduction: Reduction) {
    for columns in Array(1...70) + [1000] {
      let rows = 5
      let input = Buffer(random: rows * (columns + 3) - 3, seed: 7)
      let output = Buffer(rows * 2 - 1)
      let arguments = RowReductionArguments(
        input: input.input, inputStride: columns + 3, output: output.base, outputStride: 2, rows: rows,
        columns: columns, reduction: reduction)
      #expect(
        isIndependentOfRange(units: rows, output: output) { kernelSets[set].reduceRows(arguments, rows: $0) })
      var expected = output.values.map(Double.init)
      for row in 0..<rows {
        expected[row * 2] = reduction.reference((0..<columns).map { Double(input.base[row * (columns + 3) + $0]) })
      }
      #expect(agree(output.values, expected, tolerance: 2e-6), "\(kernelSets[set].name) \(columns) columns")
    }
  }

  /// Squares and partial products that are out of range, although the result is not.
  @Test(arguments: kernelSets.indices, [Reduction.norm, .squares, .product, .magnitudes])
  func reducesExtremeNumbers(set: Int, reduction: Reduction) {
    let rows: [[Float]] = [
      Array(repeating: 1e30, count: 40), Array(repeating: 1e-30, count: 40), [1e-30, 1e-25, 0], [0, 0, 0],
      (0..<40).map { $0 < 20 ? 1e30 : 1e-30 }, (0..<40).map { $0.isMultiple(of: 2) ? 1e30 : 1e-30 },
      [0] + Array(repeating: 1e30, count: 30), Array(repeating: 1e30, count: 30) + [0], [3e38, 3e38, -1], [1e19, 1e19],
    ]
    for row in rows {
      let expected = Float(reduction.reference(row.map(Double.init)))
      let input = Buffer(row), output = Buffer(1)
      kernelSets[set].reduceRows(
        RowReductionArguments(
          input: input.input, output: output.base, rows: 1, columns: row.count, reduction: reduction), rows: 0..<1)
      let columns = Buffer(1)
      kernelSets[set].globalPool(
        GlobalPoolArguments(
          input: InputImages(base: input.input, count: 1, height: 1, width: row.count, channels: 1),
          output: columns.base, reduction: reduction), units: 0..<1)
      for result in [output.values[0], columns.values[0]] {
        #expect(
          result == expected || (result - expected).magnitude <= 2e-6 * expected.magnitude
            || expected.isNaN && result.isNaN, "\(reduction) of \(row): \(result), \(expected)")
      }
    }
  }

  @Test(arguments: kernelSets.indices, 0..<20) func findsNotANumberAnywhere(set: Int, place: Int) {
    for reduction in [Reduction.maximum, .minimum] {
      let input = Buffer(random: 20, seed: 8)
      input.base[place] = .nan
      let output = Buffer(1)
      kernelSets[set].reduceRows(
        RowReductionArguments(input: input.input, output: output.base, rows: 1, columns: 20, reduction: reduction),
        rows: 0..<1)
      #expect(output.base[0].isNaN)
    }
  }

  /// Sums of very many numbers, and means of numbers whose sums are out of range.
  @Test(arguments: kernelSets.indices, [0.1, 3e38] as [Float]) func longSums(set: Int, value: Float) {
    let count = 100_000
    for channels in [1, 40] {
      let input = Buffer(Array(repeating: value, count: count * channels)), output = Buffer(channels)
      kernelSets[set].globalPool(
        GlobalPoolArguments(
          input: InputImages(
            base: input.input, count: 1, height: 1, width: count, channels: channels, pixelStride: channels),
          output: output.base, reduction: .mean), units: 0..<((channels + 31) / 32))
      #expect(output.values.allSatisfy { abs($0 - value) <= 1e-6 * value })
    }
    let input = Buffer(Array(repeating: value, count: count)), output = Buffer(1)
    kernelSets[set].reduceRows(
      RowReductionArguments(
        input: input.input, inputStride: count, output: output.base, outputStride: 1, rows: 1, columns: count,
        reduction: .mean), rows: 0..<1)
    #expect(abs(output.values[0] - value) <= 1e-6 * value)
  }
}

extension Reduction {
  /// The reduction in double precision.
  func reference(_ values: [Double]) -> Double {
    switch self {
    case .sum: values.reduce(0, +)
    case .mean: values.reduce(0, +) / Double(values.count)
    case .magnitudes: values.reduce(0) { $0 + $1.magnitude }
    case .squares: values.reduce(0) { $0 + $1 * $1 }
    case .norm: values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .product: values.reduce(1, *)
    case .maximum: values.max() ?? -.infinity
    case .minimum: values.min() ?? .infinity
    }
  }
}
