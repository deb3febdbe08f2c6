import InfoldKernelInterface
import InfoldTensor
import Testing

/// Convolutions by a matrix unit whose images are stored as bfloat16 numbers.
@Suite struct NarrowImageTests {
  typealias Shape = ConvolutionCase.Shape

  private static var shapes: [Shape] {
    var shapes: [Shape] = []
    for channels in [1, 2, 7, 16, 31, 32, 33, 64, 70, 96] {
      for width in [1, 2, 8, 16, 17, 40, 64] {
        shapes.append(
          Shape(
            images: 1, height: 1, width: width, channels: channels, outputs: 1 + (channels + 5 * width) % 40,
            epilogue: (channels + width) % ConvolutionCase.epilogueCount))
      }
    }
    for (stride, pad, channels) in [(1, 1, 32), (2, 1, 12), (1, 0, 64), (3, 2, 33)] {
      shapes.append(
        Shape(
          height: 6, width: 9, channels: channels, outputs: 35,
          window: ImageWindow(height: 3, width: 3, strideY: stride, strideX: stride, padTop: pad, padLeft: pad),
          padBottom: pad, padRight: pad, epilogue: channels % ConvolutionCase.epilogueCount))
    }
    // As many positions as pixels, and a window of one, but other pixels.
    shapes.append(
      Shape(
        height: 3, width: 4, channels: 32, outputs: 5, window: ImageWindow(height: 1, width: 1, padTop: 1, padLeft: -1),
        padBottom: -1, padRight: 1))
    return shapes
  }

  private static func bits(_ number: Float) -> UInt16 { BFloat16(number).bitPattern }

  private func arguments(
    _ problem: ConvolutionCase, _ pixels: Range<Int>, _ weights: Scratch, _ scratch: Scratch
  ) -> ConvolutionArguments {
    ConvolutionArguments(
      window: problem.shape.window, input: problem.input, weights: weights.floats, output: problem.target,
      epilogue: problem.epilogue, pixels: pixels, columns: 0..<problem.shape.outputs, scratch: scratch.base)
  }

  /// Computes all positions.
  /// - Returns: Those that the kernel left out.
  @discardableResult
  private func run(
    _ kernels: any MatrixUnitKernels.Type, _ problem: ConvolutionCase, _ factors: BFloat16Factors,
    _ weights: Scratch, _ scratch: Scratch, _ narrow: NarrowImages
  ) -> Set<Int> {
    let limit = kernels.positionLimit(factors, taps: problem.taps, channels: problem.shape.channels)
    var left: Set<Int> = []
    for first in stride(from: 0, to: problem.outputPixels, by: limit) {
      let pixels = first..<min(first + limit, problem.outputPixels)
      let skipped = kernels.convolve(arguments(problem, pixels, weights, scratch), factors, narrow)
      for index in 0..<64 where skipped >> UInt64(index) & 1 == 1 { left.insert(first + index) }
    }
    return left
  }

  private func packed(
    _ kernels: any MatrixUnitKernels.Type, _ problem: ConvolutionCase, _ factors: BFloat16Factors
  ) -> Scratch {
    let (taps, channels, outputs) = (problem.taps, problem.shape.channels, problem.shape.outputs)
    let weights = Scratch(byteCount: 4 * kernels.packedCount(factors, taps: taps, channels: channels, columns: outputs))
    _ = kernels.pack(
      PackArguments(
        source: problem.weights.input, taps: taps, channels: channels, tapStride: 1, channelStride: taps,
        columnStride: channels * taps, columnCount: outputs, columns: 0..<outputs, packed: weights.floats), factors)
    return weights
  }

  /// Stored numbers give the same bits as numbers that are rounded when they are read, and nothing else is read or
  /// written.
  @Test(arguments: matrixUnitKernelSets.indices) func sameBits(set: Int) throws {
    let kernels = matrixUnitKernelSets[set]
    for shape in Self.shapes {
      let problem = ConvolutionCase(shape)
      let (taps, channels, outputs) = (problem.taps, shape.channels, shape.outputs)
      let weights = packed(kernels, problem, .rounded)
      let scratch = Scratch(byteCount: kernels.convolutionScratch(.rounded, taps: taps, channels: channels))
      run(kernels, problem, .rounded, weights, scratch, NarrowImages())
      let expected = problem.output.values

      // The gaps between pixels contain NaN, which must not be read.
      let count = problem.images.count, stride = problem.input.pixelStride
      let input = UnsafeMutablePointer<UInt16>.allocate(capacity: count)
      let output = UnsafeMutablePointer<UInt16>.allocate(capacity: problem.output.count)
      defer {
        input.deallocate()
        output.deallocate()
      }
      for index in 0..<count {
        input[index] = index % stride < channels ? Self.bits(problem.images.base[index]) : 0x7FFF
        if index % stride >= channels { problem.images.base[index] = .nan }
      }
      for index in 0..<problem.output.count { problem.output.base[index] = -12345.5 }
      run(kernels, problem, .rounded, weights, scratch, NarrowImages(input: input))
      let same = zip(problem.output.values, expected).allSatisfy { $0.bitPattern == $1.bitPattern }
      #expect(same && problem.output.isIntact, "\(kernels.name), input of \(problem)")

      for (narrowInput, name) in [(nil, "float32"), (UnsafePointer(input), "bfloat16")] {
        output.initialize(repeating: 0x1234, count: problem.output.count)
        run(kernels, problem, .rounded, weights, scratch, NarrowImages(input: narrowInput, output: output))
        for index in 0..<problem.output.count {
          let isResult = index % problem.target.pixelStride < outputs
          let wanted = isResult ? Self.bits(expected[index]) : 0x1234
          guard output[index] == wanted else {
            Issue.record(
              "\(kernels.name), \(name) to bfloat16, \(problem): \(output[index]) at \(index), not \(wanted)")
            return
          }
        }
      }
      #expect(scratch.isIntact)
    }
  }

  /// Images of two planes give the same bits as float32 numbers that are split when they are read, the same positions
  /// are left out, and the numbers that those read are the same.
  @Test(arguments: matrixUnitKernelSets.indices) func planes(set: Int) throws {
    let kernels = matrixUnitKernelSets[set]
    for (index, shape) in Self.shapes.enumerated() {
      let problem = ConvolutionCase(shape)
      let (taps, channels, stride) = (problem.taps, shape.channels, problem.input.pixelStride)
      // Numbers that must not be split, at the limit and beyond, in a third of the cases.
      let special: [Float] = [
        0x1.ffp59, .infinity, -.nan, 0x1.fefffep59, -0x1.ffffp100, 3e38, -0x1.8p77, 1e-38, -0x1p-147,
      ]
      if index % 3 == 0 {
        for (place, number) in special.enumerated() {
          problem.images.base[(place * 3 % (shape.height * shape.width)) * stride + place % channels] = number
        }
      }
      let weights = packed(kernels, problem, .split)
      let scratch = Scratch(byteCount: kernels.convolutionScratch(.split, taps: taps, channels: channels))
      let left = run(kernels, problem, .split, weights, scratch, NarrowImages())
      let expected = problem.output.values

      let count = problem.images.count, outputCount = problem.output.count
      let input = Planes(count), output = Planes(outputCount), wanted = Planes(outputCount)
      let pixels = shape.images * shape.height * shape.width
      kernels.store(
        Pixels(problem.images.base, channels: channels, pixelStride: stride), count: pixels, .split, to: input.base,
        planeStride: input.stride)
      for index in 0..<outputCount { problem.output.base[index] = -12345.5 }
      let narrowInput = NarrowImages(input: UnsafePointer(input.base), inputPlaneStride: input.stride)
      #expect(run(kernels, problem, .split, weights, scratch, narrowInput) == left)
      let same = zip(problem.output.values, expected).allSatisfy { $0.bitPattern == $1.bitPattern }
      #expect(same && problem.output.isIntact, "\(kernels.name), input of \(problem)")

      for pixel in 0..<problem.outputPixels where !left.contains(pixel) {
        kernels.store(
          Pixels(
            problem.output.base + pixel * problem.target.pixelStride, channels: shape.outputs,
            pixelStride: shape.outputs), count: 1, .split, to: wanted.base + pixel * problem.target.pixelStride,
          planeStride: wanted.stride)
      }
      for var narrow in [NarrowImages(), narrowInput] {
        output.clear()
        (narrow.output, narrow.outputPlaneStride) = (output.base, output.stride)
        #expect(run(kernels, problem, .split, weights, scratch, narrow) == left)
        #expect(output.numbers == wanted.numbers, "\(kernels.name), output of \(problem)")
      }
      checkFactors(kernels, problem, narrowInput, weights, scratch)
      #expect(scratch.isIntact)
    }
  }

  private func checkFactors(
    _ kernels: any MatrixUnitKernels.Type, _ problem: ConvolutionCase, _ narrow: NarrowImages, _ weights: Scratch,
    _ scratch: Scratch
  ) {
    let (window, input, target) = (problem.shape.window, problem.input, problem.target)
    let count = problem.taps * input.channels
    let (read, stored) = (Buffer(count), Buffer(count))
    for pixel in 0..<problem.outputPixels {
      let position = arguments(problem, pixel..<pixel + 1, weights, scratch)
      kernels.readFactors(position, NarrowImages(), into: read.base)
      kernels.readFactors(position, narrow, into: stored.base)
      let (row, x) = pixel.quotientAndRemainder(dividingBy: target.width)
      let (image, y) = row.quotientAndRemainder(dividingBy: target.height)
      for index in 0..<count {
        let (tap, channel) = index.quotientAndRemainder(dividingBy: input.channels)
        let inputY = y * window.strideY - window.padTop + tap / window.width * window.dilationY
        let inputX = x * window.strideX - window.padLeft + tap % window.width * window.dilationX
        let isInside = (0..<input.height).contains(inputY) && (0..<input.width).contains(inputX)
        let place = ((image * input.height + inputY) * input.width + inputX) * input.pixelStride + channel
        let number = isInside ? input.base[place] : 0
        let factor = read.base[index]
        let isClose =
          number.magnitude < 0x1.ffp59
          ? (factor - number).magnitude <= 0x1p-17 * number.magnitude + 0x1p-126
          : factor == number || factor.isNaN && number.isNaN
        let isSame = stored.base[index].bitPattern == factor.bitPattern
        #expect(isClose && isSame, "\(kernels.name), \(problem): \(factor) for \(number)")
      }
    }
    #expect(read.isIntact && stored.isIntact)
  }

  /// A pool of rounded numbers is the rounded pool, and nothing else is written.
  @Test(arguments: matrixUnitKernelSets.indices) func maximumPool(set: Int) {
    let kernels = matrixUnitKernelSets[set]
    for channels in [1, 2, 7, 8, 16, 31, 32, 33, 64, 100] {
      for (size, stride, dilation, pad) in [(2, 2, 1, 0), (3, 2, 1, 1), (3, 1, 1, 1), (2, 1, 2, 2), (1, 2, 1, 1)] {
        let (height, width) = (4 + channels % 3, 5 + channels % 2)
        let reach = dilation * (size - 1) + 1
        let (outputHeight, outputWidth) = (
          (height + 2 * pad - reach) / stride + 1, (width + 2 * pad - reach) / stride + 1
        )
        let (inputStride, outputStride) = (channels + 3, channels + 1)
        let images = Buffer(random: 2 * height * width * inputStride, seed: 7)
        for (place, number) in [Float.nan, -.nan, .infinity, -.infinity, 0, -0.0, 1e30].enumerated() {
          images.base[place * inputStride + place % channels] = number
        }
        let input = Planes(2 * height * width * inputStride),
          output = Planes(2 * outputHeight * outputWidth * outputStride)
        kernels.store(
          Pixels(images.base, channels: channels, pixelStride: inputStride), count: 2 * height * width, .rounded,
          to: input.base, planeStride: 0)
        let window = ImageWindow(
          height: size, width: size, strideY: stride, strideX: stride, dilationY: dilation, dilationX: dilation,
          padTop: pad, padLeft: pad)
        let rows = 2 * outputHeight
        for part in [0..<1, 1..<rows] {
          kernels.maximumPool(
            window,
            InputImages(
              base: UnsafePointer(input.base), count: 2, height: height, width: width, channels: channels,
              pixelStride: inputStride),
            OutputImages(
              base: output.base, count: 2, height: outputHeight, width: outputWidth, channels: channels,
              pixelStride: outputStride), rows: part)
        }
        for index in 0..<(2 * outputHeight * outputWidth * outputStride) {
          let (pixel, channel) = index.quotientAndRemainder(dividingBy: outputStride)
          guard channel < channels else {
            #expect(output.base[index] == Planes.untouched)
            continue
          }
          let (row, x) = pixel.quotientAndRemainder(dividingBy: outputWidth)
          let (image, y) = row.quotientAndRemainder(dividingBy: outputHeight)
          var greatest = -Float.infinity
          for tap in 0..<(size * size) {
            let inputY = y * stride - pad + tap / size * dilation, inputX = x * stride - pad + tap % size * dilation
            guard (0..<height).contains(inputY), (0..<width).contains(inputX) else { continue }
            let number = images.base[((image * height + inputY) * width + inputX) * inputStride + channel]
            greatest = greatest.isNaN || number.isNaN ? .nan : max(greatest, number)
          }
          let (result, wanted) = (
            Float(BFloat16(bitPattern: output.base[index])), Float(BFloat16(bitPattern: Self.bits(greatest)))
          )
          #expect(result == wanted || result.isNaN && wanted.isNaN, "\(kernels.name), \(channels) channels, \(window)")
        }
      }
    }
  }
}

/// Two planes of bfloat16 numbers, with room between them.
private final class Planes {
  static let untouched: UInt16 = 0x7FFF

  let base: UnsafeMutablePointer<UInt16>
  let stride: Int

  init(_ count: Int) {
    stride = count + 5
    base = .allocate(capacity: 2 * stride)
    clear()
  }

  func clear() { base.initialize(repeating: Self.untouched, count: 2 * stride) }

  var numbers: [UInt16] { Array(UnsafeBufferPointer(start: base, count: 2 * stride)) }

  deinit { base.deallocate() }
}
