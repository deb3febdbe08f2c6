#if arch(x86_64)
  import CMachine
  import InfoldKernelInterface
  import InfoldKernelsAVX2
  import InfoldKernelsAVX512
  import Testing

  /// Wide and narrow vectors give the same bits, so that plans may choose either for a layer.
  @Suite(.enabled(if: infold_has_avx512())) struct VectorWidthTests {
    private let sets: [any ConvolutionKernels.Type] = [AVX2Kernels.self, AVX512Kernels.self]

    private func expectSameBits(_ what: String, _ results: [[Float]]) {
      #expect(results[0].map(\.bitPattern) == results[1].map(\.bitPattern), "\(what)")
    }

    @Test func convolutions() {
      for (index, outputs) in [1, 7, 8, 9, 15, 16, 17, 24, 31, 33, 48, 63, 70, 130].enumerated() {
        for (size, channels) in [(1, 3), (1, 128), (1, 300), (3, 5), (3, 43), (5, 16)] {
          let shape = ConvolutionCase.Shape(
            images: 1, height: 5, width: 7, channels: channels, outputs: outputs,
            window: ImageWindow(height: size, width: size, padTop: size / 2, padLeft: size / 2), padBottom: size / 2,
            padRight: size / 2, epilogue: index % ConvolutionCase.epilogueCount)
          expectSameBits(
            "\(shape)",
            sets.map { kernels in
              let problem = ConvolutionCase(shape)
              let packed = Scratch(
                byteCount: 4 * kernels.packedCount(rows: problem.taps * channels, columns: outputs))
              kernels.pack(
                PackArguments(
                  source: problem.weights.input, taps: problem.taps, channels: channels, tapStride: 1,
                  channelStride: problem.taps, columnStride: channels * problem.taps, columnCount: outputs,
                  columns: 0..<outputs, packed: packed.floats))
              let scratch = Scratch(byteCount: kernels.convolutionScratch(taps: problem.taps, channels: channels))
              kernels.convolve(
                ConvolutionArguments(
                  window: shape.window, input: problem.input, weights: packed.floats, output: problem.target,
                  epilogue: problem.epilogue, pixels: 0..<problem.outputPixels, columns: 0..<outputs,
                  scratch: scratch.base))
              return problem.results
            })
        }
      }
    }

    @Test(arguments: [2, 4, 6]) func winograd(tile: Int) {
      for (channels, outputs) in [(16, 16), (17, 40), (150, 33)] {
        let shape = ConvolutionCase.Shape(
          images: 1, height: 9, width: 11, channels: channels, outputs: outputs,
          window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1,
          epilogue: outputs % ConvolutionCase.epilogueCount)
        // Also with a number so large that others would be lost, so that its tile is computed directly.
        for large in [1 as Float, 1e9] {
          expectSameBits(
            "\(tile) \(shape)",
            sets.map { kernels in
              let problem = ConvolutionCase(shape)
              problem.images.base[100] = large
              let winograd = WinogradCase(kernels, tile: tile, problem)
              winograd.run()
              return problem.results
            })
        }
      }
    }

    /// At least as many channels as a wide vector has lanes. For fewer, plans always choose the same width.
    @Test func depthwise() {
      for channels in [16, 17, 24, 31, 32, 40] {
        for (size, stride) in [(3, 1), (3, 2), (5, 1), (5, 2), (7, 1)] {
          let (images, weights) = (
            Buffer(random: 9 * 11 * channels, seed: 1), Buffer(random: channels * size * size, seed: 2)
          )
          let (height, width) = ((9 - 1) / stride + 1, (11 - 1) / stride + 1)
          expectSameBits(
            "\(channels) \(size) \(stride)",
            sets.map { kernels in
              let output = Buffer(height * width * channels)
              let packed = Buffer(
                kernels.depthwiseWeightCount(kernelHeight: size, kernelWidth: size, channels: channels))
              kernels.packDepthwiseWeights(
                weights.input, kernelHeight: size, kernelWidth: size, channels: channels, into: packed.base)
              kernels.depthwise(
                DepthwiseArguments(
                  input: InputImages(
                    base: images.input, count: 1, height: 9, width: 11, channels: channels, pixelStride: channels),
                  output: OutputImages(
                    base: output.base, count: 1, height: height, width: width, channels: channels,
                    pixelStride: channels),
                  window: ImageWindow(
                    height: size, width: size, strideY: stride, strideX: stride, padTop: size / 2, padLeft: size / 2),
                  weights: packed.input, epilogue: Epilogue(activation: Activation(.hardSwish))),
                rows: 0..<height)
              return output.values
            })
        }
      }
    }
  }
#endif
