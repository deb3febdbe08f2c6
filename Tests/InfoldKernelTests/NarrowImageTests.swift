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

  private func run(
    _ kernels: any MatrixUnitKernels.Type, _ problem: ConvolutionCase, _ weights: Scratch, _ scratch: Scratch,
    _ narrow: NarrowImages
  ) {
    let limit = kernels.positionLimit(.rounded, taps: problem.taps, channels: problem.shape.channels)
    for first in stride(from: 0, to: problem.outputPixels, by: limit) {
      let left = kernels.convolve(
        ConvolutionArguments(
          window: problem.shape.window, input: problem.input, weights: weights.floats, output: problem.target,
          epilogue: problem.epilogue, pixels: first..<min(first + limit, problem.outputPixels),
          columns: 0..<problem.shape.outputs, scratch: scratch.base), .rounded, narrow)
      #expect(left == 0)
    }
  }

  /// Stored numbers give the same bits as numbers that are rounded when they are read, and nothing else is read or
  /// written.
  @Test(arguments: matrixUnitKernelSets.indices) func sameBits(set: Int) throws {
    let kernels = matrixUnitKernelSets[set]
    for shape in Self.shapes {
      let problem = ConvolutionCase(shape)
      let (taps, channels, outputs) = (problem.taps, shape.channels, shape.outputs)
      let weights = Scratch(
        byteCount: 4 * kernels.packedCount(.rounded, taps: taps, channels: channels, columns: outputs))
      _ = kernels.pack(
        PackArguments(
          source: problem.weights.input, taps: taps, channels: channels, tapStride: 1, channelStride: taps,
          columnStride: channels * taps, columnCount: outputs, columns: 0..<outputs, packed: weights.floats), .rounded)
      let scratch = Scratch(byteCount: kernels.convolutionScratch(.rounded, taps: taps, channels: channels))
      run(kernels, problem, weights, scratch, NarrowImages())
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
      run(kernels, problem, weights, scratch, NarrowImages(input: input))
      let same = zip(problem.output.values, expected).allSatisfy { $0.bitPattern == $1.bitPattern }
      #expect(same && problem.output.isIntact, "\(kernels.name), input of \(problem)")

      for (narrowInput, name) in [(nil, "float32"), (UnsafePointer(input), "bfloat16")] {
        output.initialize(repeating: 0x1234, count: problem.output.count)
        run(kernels, problem, weights, scratch, NarrowImages(input: narrowInput, output: output))
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
}
