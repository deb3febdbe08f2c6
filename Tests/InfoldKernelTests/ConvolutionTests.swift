import InfoldKernelInterface
import InfoldTensor
import Testing

@Suite struct ConvolutionTests {
  typealias Shape = ConvolutionCase.Shape

  /// Products: every number of positions in a tile and of columns in a panel, and channel counts around the unroll factor.
  private static var products: [Shape] {
    var shapes: [Shape] = []
    for outputs in 1...40 {
      shapes.append(
        Shape(
          images: 1, height: 1, width: 1 + outputs % 14, channels: 1 + outputs * 7 % 40, outputs: outputs,
          epilogue: outputs % ConvolutionCase.epilogueCount))
    }
    for channels in 1...40 {
      shapes.append(
        Shape(
          images: 1, height: 2, width: 1 + channels % 7, channels: channels, outputs: 16 + channels % 3 * 8,
          epilogue: channels / 2 % ConvolutionCase.epilogueCount))
    }
    for outputs in [48, 51, 64, 72, 96] {
      for channels in [9, 130] {
        shapes.append(Shape(height: 1, width: 9, channels: channels, outputs: outputs, epilogue: outputs % 4))
      }
    }
    for epilogue in 0..<ConvolutionCase.epilogueCount {
      shapes.append(Shape(height: 7, width: 16, channels: 10, outputs: 35, epilogue: epilogue))
      shapes.append(Shape(images: 1, height: 1, width: 1, channels: 100, outputs: 70, epilogue: epilogue))
    }
    return shapes
  }

  private static var windows: [Shape] {
    var shapes: [Shape] = []
    for size in 2...5 {
      for step in 1...3 {
        let pad = size / 2
        shapes.append(
          Shape(
            height: 6 + size, width: 7 + step, channels: 3 * size + step, outputs: 9 * step + size,
            window: ImageWindow(height: size, width: size, strideY: step, strideX: step, padTop: pad, padLeft: pad),
            padBottom: pad, padRight: pad, epilogue: size + step))
      }
    }
    shapes.append(
      Shape(
        height: 9, width: 11, channels: 5, outputs: 20,
        window: ImageWindow(height: 3, width: 3, dilationY: 2, dilationX: 3, padTop: 2, padLeft: 3), padBottom: 2,
        padRight: 3, epilogue: 1))
    shapes.append(
      Shape(
        height: 4, width: 9, channels: 16, outputs: 16,
        window: ImageWindow(height: 1, width: 4, strideY: 2, strideX: 1, padLeft: 3), padRight: 1, epilogue: 3))
    // Columns that fit into one tile of three vectors, for sums that are split into several runs, with more positions than one block.
    for outputs in [17, 24] {
      shapes.append(
        Shape(
          height: 12, width: 11, channels: 60, outputs: outputs,
          window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1,
          epilogue: outputs % ConvolutionCase.epilogueCount))
    }
    // Padding wider than the window: some windows are entirely outside of the picture.
    shapes.append(
      Shape(
        height: 3, width: 2, channels: 8, outputs: 17,
        window: ImageWindow(height: 2, width: 2, padTop: 3, padLeft: 3), padBottom: 2, padRight: 4, epilogue: 2))
    // As many positions as pixels, and different numbers: what is padded on one side is cut off on the other, as in the phases of
    // transposed convolutions. Also windows without positions, which read nothing.
    for outputs in [5, 20, 70] {
      for (padTop, padLeft) in [(0, 1), (0, -1), (1, 0), (-1, 0), (2, 5), (0, 7)] {
        shapes.append(
          Shape(
            height: 2, width: 7, channels: 4, outputs: outputs,
            window: ImageWindow(height: 1, width: 1, padTop: padTop, padLeft: padLeft), padBottom: -padTop,
            padRight: -padLeft, epilogue: 1 + outputs % 2))
      }
      for (height, width) in [(0, 0), (0, 3), (2, 0)] {
        shapes.append(
          Shape(
            height: 3, width: 5, channels: 4, outputs: outputs, window: ImageWindow(height: height, width: width),
            epilogue: outputs % ConvolutionCase.epilogueCount))
      }
    }
    // Pictures of one and two rows and columns, with windows that cover them or lie outside of them.
    for (height, width) in smallSizes {
      for size in [2, 3, 5] {
        for step in 1...2 {
          let pad = size / 2
          shapes.append(
            Shape(
              height: height, width: width, channels: 3 + size, outputs: 9 * size - step,
              window: ImageWindow(height: size, width: size, strideY: step, strideX: step, padTop: pad, padLeft: pad),
              padBottom: size - 1, padRight: size - 1, epilogue: size + step))
        }
      }
    }
    return shapes
  }

  /// Sums that are computed in parts by panels of 64, 16 or 8 columns. The last part is shorter than a full run.
  private static var longSums: [Shape] {
    var shapes: [Shape] = []
    for (index, channels) in [1100, 4200, 8300].enumerated() {
      shapes.append(
        Shape(images: 1, height: 2, width: 7, channels: channels, outputs: 67, epilogue: 1 + index))
      shapes.append(
        Shape(
          images: 1, height: 5, width: 6, channels: channels, outputs: 5,
          window: ImageWindow(height: 1, width: 1, strideY: 2, strideX: 2, padTop: 1), padRight: 1, epilogue: 4 + index)
      )
    }
    for channels in [128, 250, 512, 1024] {
      shapes.append(
        Shape(
          images: 1, height: 3, width: 3, channels: channels, outputs: 20,
          window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), padBottom: 1, padRight: 1,
          epilogue: channels % ConvolutionCase.epilogueCount))
    }
    return shapes
  }

  @Test(arguments: convolutionKernelSets.indices) func addsUpLongSumsInParts(set: Int) {
    for shape in Self.longSums { check(convolutionKernelSets[set], shape, tolerance: 5e-5) }
  }

  @Test(arguments: convolutionKernelSets.indices) func multipliesLikeTheDefinition(set: Int) {
    for shape in Self.products { check(convolutionKernelSets[set], shape) }
  }

  @Test(arguments: convolutionKernelSets.indices) func convolvesLikeTheDefinition(set: Int) {
    for shape in Self.windows { check(convolutionKernelSets[set], shape) }
  }

  private func check(
    _ kernels: any ConvolutionKernels.Type, _ shape: Shape, tolerance: Double = 1e-5
  ) {
    let problem = ConvolutionCase(shape)
    let packed = problem.packed(kernels)
    let scratch = Scratch(byteCount: kernels.convolutionScratch(taps: problem.taps, channels: shape.channels))
    func run(_ pixels: Range<Int>, _ columns: Range<Int>) {
      kernels.convolve(
        ConvolutionArguments(
          window: shape.window, input: problem.input, weights: packed.floats, output: problem.target,
          epilogue: problem.epilogue, pixels: pixels, columns: columns, scratch: scratch.base))
    }
    let columns = 0..<shape.outputs
    #expect(
      isIndependentOfRange(units: problem.outputPixels, output: problem.output) { run($0, columns) },
      "\(kernels.name) \(problem)")
    #expect(
      problem.isIndependentOfColumns(panelWidth: kernels.panelWidth) { run(0..<problem.outputPixels, $0) },
      "\(kernels.name) \(problem)")
    #expect(agree(problem.output.values, problem.expected(), tolerance: tolerance), "\(kernels.name) \(problem)")
    #expect(scratch.isIntact, "\(kernels.name) \(problem)")
  }

  @Test(arguments: convolutionKernelSets.indices) func computesAGroupFromItsChannels(set: Int) {
    let kernels = convolutionKernelSets[set]
    // Two groups of 3 and 5 channels: the second one begins after the first one.
    let window = ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1)
    let whole = ConvolutionCase(
      Shape(channels: 6, outputs: 10, window: window, padBottom: 1, padRight: 1, epilogue: 1))
    let taps = whole.taps
    let scratch = Scratch(byteCount: kernels.convolutionScratch(taps: taps, channels: 3))
    for group in 0..<2 {
      let packed = Scratch(byteCount: 4 * kernels.packedCount(rows: 3 * taps, columns: 5))
      // [outputs, 6, 3, 3]; 3 of the channels belong to the group.
      kernels.pack(
        PackArguments(
          source: whole.weights.input + (group * 5 * 6 + group * 3) * taps, taps: taps, channels: 3, tapStride: 1,
          channelStride: taps, columnStride: 6 * taps, columnCount: 5, columns: 0..<5, packed: packed.floats))
      var (input, output, epilogue) = (whole.input, whole.target, whole.epilogue)
      input.base += group * 3
      input.channels = 3
      output.base += group * 5
      output.channels = 5
      epilogue.bias = epilogue.bias.map { $0 + group * 5 }
      kernels.convolve(
        ConvolutionArguments(
          window: window, input: input, weights: packed.floats, output: output, epilogue: epilogue,
          pixels: 0..<whole.outputPixels, columns: 0..<5, scratch: scratch.base))
    }
    // The equivalent ungrouped convolution, where the weights for other groups are zero.
    for place in 0..<whole.weights.count where place / (5 * 6 * taps) != place / (3 * taps) % 2 {
      whole.weights.base[place] = 0
    }
    #expect(agree(whole.output.values, whole.expected(), tolerance: 1e-5))
    #expect(whole.output.isIntact)
  }

  /// Several groups in one call give the same bits as one call for each group, with windows of one and several taps, and tiles that span
  /// panels.
  @Test(arguments: convolutionKernelSets.indices) func computesGroupsTogether(set: Int) {
    let kernels = convolutionKernelSets[set]
    for (outputs, channels, size) in [(5, 3, 3), (16, 16, 3), (24, 9, 1), (40, 7, 3), (1, 1, 2), (70, 4, 1)] {
      let groups = 3, pad = size / 2
      let window = ImageWindow(height: size, width: size, padTop: pad, padLeft: pad)
      let whole = ConvolutionCase(
        Shape(
          height: 9, width: 13, channels: groups * channels, outputs: groups * outputs, window: window, padBottom: pad,
          padRight: pad, epilogue: outputs))
      let taps = whole.taps
      let scratch = Scratch(byteCount: kernels.convolutionScratch(taps: taps, channels: channels))
      let weightCount = kernels.packedCount(rows: channels * taps, columns: outputs)
      let packed = Scratch(byteCount: 4 * groups * weightCount)
      for group in 0..<groups {
        kernels.pack(
          PackArguments(
            source: whole.weights.input + group * outputs * channels * taps, taps: taps, channels: channels,
            tapStride: 1, channelStride: taps, columnStride: channels * taps, columnCount: outputs,
            columns: 0..<outputs, packed: packed.floats + group * weightCount))
      }
      func run(_ first: Int, _ count: Int, _ pixels: Range<Int>) {
        var (input, output, epilogue) = (whole.input, whole.target, whole.epilogue)
        input.base += first * channels
        input.channels = channels
        output.base += first * outputs
        output.channels = outputs
        epilogue.bias = epilogue.bias.map { $0 + first * outputs }
        epilogue.residual = epilogue.residual.map { $0 + first * outputs }
        kernels.convolve(
          ConvolutionArguments(
            window: window, input: input, weights: packed.floats + first * weightCount, output: output,
            epilogue: epilogue, pixels: pixels, columns: 0..<outputs,
            groups: ConvolutionGroups(count: count, outputChannels: outputs, weightCount: weightCount),
            scratch: scratch.base))
      }
      #expect(
        isIndependentOfRange(units: whole.outputPixels, output: whole.output) { run(0, groups, $0) },
        "\(kernels.name) \(whole)")
      let together = whole.output.values
      for index in 0..<whole.output.count { whole.output.base[index] = -12345.5 }
      for group in 0..<groups { run(group, 1, 0..<whole.outputPixels) }
      #expect(
        whole.output.values.map(\.bitPattern) == together.map(\.bitPattern), "\(kernels.name) \(whole)")
      #expect(scratch.isIntact, "\(kernels.name) \(whole)")
    }
  }

  @Test(arguments: convolutionKernelSets.indices) func keepsNaNAndInfinity(set: Int) {
    let kernels = convolutionKernelSets[set]
    for outputs in [3, 16] {
      let problem = ConvolutionCase(Shape(images: 1, height: 1, width: 7, channels: 9, outputs: outputs, epilogue: 1))
      let stride = problem.input.pixelStride
      problem.images.base[stride + 4] = .nan
      problem.images.base[3 * stride + 8] = .infinity
      let packed = problem.packed(kernels)
      let scratch = Scratch(byteCount: kernels.convolutionScratch(taps: 1, channels: 9))
      kernels.convolve(
        ConvolutionArguments(
          window: problem.shape.window, input: problem.input, weights: packed.floats, output: problem.target,
          epilogue: problem.epilogue, pixels: 0..<7, columns: 0..<outputs, scratch: scratch.base))
      for pixel in 0..<7 {
        for column in 0..<outputs {
          let result = problem.output.base[pixel * problem.target.pixelStride + column]
          let weight = problem.weights.base[column * 9 + 8]
          switch pixel {
          case 1: #expect(result.isNaN)
          case 3: #expect(result == (weight > 0 ? .infinity : 0))
          default: #expect(result.isFinite)
          }
        }
      }
    }
  }

  @Test(arguments: convolutionKernelSets.indices) func readsRowsOfFewChannelsAsOnePixel(set: Int) {
    let kernels = convolutionKernelSets[set]
    for (channels, step, pad) in [(1, 1, 1), (2, 1, 0), (3, 2, 3), (3, 1, 2), (4, 2, 1)] {
      let size = 2 * pad + 1
      let shape = Shape(
        height: 10, width: 9, channels: channels, outputs: 19,
        window: ImageWindow(height: size, width: size, strideY: step, strideX: step, padTop: pad, padLeft: pad),
        padBottom: pad, padRight: pad, epilogue: channels)
      let problem = ConvolutionCase(shape)
      let height = (problem.outputHeight - 1) * step + size, width = (problem.outputWidth - 1) * step + size
      let padded = Buffer(shape.images * height * width * channels)
      kernels.interleaveChannels(
        InterleaveArguments(
          input: problem.images.input, images: shape.images, height: shape.height, width: shape.width,
          channels: channels, channelStride: 1, pixelStride: problem.input.pixelStride,
          imageStride: shape.height * shape.width * problem.input.pixelStride, padTop: pad, padLeft: pad,
          output: padded.base, outputHeight: height, outputWidth: width),
        rows: 0..<(shape.images * height))
      let packed = problem.packed(kernels)
      let scratch = Scratch(byteCount: kernels.convolutionScratch(taps: size, channels: size * channels))
      kernels.convolve(
        ConvolutionArguments(
          window: ImageWindow(height: size, width: 1, strideY: step, strideX: step),
          input: InputImages(
            base: padded.input, count: shape.images, height: height, width: width, channels: size * channels,
            pixelStride: channels),
          weights: packed.floats, output: problem.target, epilogue: problem.epilogue, pixels: 0..<problem.outputPixels,
          columns: 0..<shape.outputs, scratch: scratch.base))
      #expect(agree(problem.output.values, problem.expected(), tolerance: 1e-5), "\(kernels.name) \(problem)")
      #expect(padded.isIntact && problem.output.isIntact)
    }
  }
}

extension ConvolutionCase {
  /// The weights in panels.
  func packed(_ kernels: any ConvolutionKernels.Type) -> Scratch {
    let packed = Scratch(
      byteCount: 4 * kernels.packedCount(rows: taps * shape.channels, columns: shape.outputs))
    kernels.pack(
      PackArguments(
        source: weights.input, taps: taps, channels: shape.channels, tapStride: 1, channelStride: taps,
        columnStride: shape.channels * taps, columnCount: shape.outputs, columns: 0..<shape.outputs,
        packed: packed.floats))
    return packed
  }
}
