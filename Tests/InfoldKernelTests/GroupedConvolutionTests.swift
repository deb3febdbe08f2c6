import InfoldKernelInterface
import Testing

/// Convolutions with small groups of channels, compared with the definition in double precision.
@Suite struct GroupedConvolutionTests {
  private struct Problem {
    var groups = ChannelGroups(count: 5, inputs: 1, outputs: 2)
    var images = 2
    var height = 5
    var width = 9
    var window = ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1)
    var outputHeight = 5
    var outputWidth = 9
    var depth = DepthWindow.flat
    /// Which of the epilogues is used.
    var epilogue = 0

    var inputChannels: Int { groups.count * groups.inputs }
    var outputChannels: Int { groups.count * groups.outputs }
    var rows: Int { images * depth.outputDepth * outputHeight }
    var taps: Int { depth.size * window.height * window.width }
  }

  private static let groups: [(count: Int, inputs: Int, outputs: Int)] = [
    (1, 1, 1), (5, 1, 1), (16, 1, 1), (37, 1, 1), (5, 1, 2), (11, 1, 3), (24, 1, 2), (3, 1, 4), (7, 2, 1), (9, 2, 2),
    (3, 3, 3), (5, 4, 4), (8, 4, 2), (2, 4, 7), (3, 8, 8), (2, 16, 16), (2, 5, 9), (1, 3, 2),
  ]

  private static var problems: [Problem] {
    var problems: [Problem] = []
    let windows = [
      ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1),
      ImageWindow(height: 7, width: 7, strideY: 2, strideX: 2, padTop: 3, padLeft: 3),
      ImageWindow(height: 1, width: 1, strideX: 3),
      ImageWindow(height: 2, width: 5, strideY: 3, strideX: 2, dilationY: 2, dilationX: 4, padTop: 2, padLeft: 7),
      ImageWindow(height: 3, width: 2, dilationY: 1, dilationX: 6, padTop: -1, padLeft: -2),
      ImageWindow(height: 4, width: 3, strideX: 4, dilationX: 2, padLeft: 1),
    ]
    for (index, groups) in groups.enumerated() {
      for (turn, window) in windows.enumerated() {
        problems.append(
          Problem(
            groups: ChannelGroups(count: groups.count, inputs: groups.inputs, outputs: groups.outputs),
            height: 4 + index % 5, width: [1, 2, 7, 13, 40][(index + turn) % 5], window: window,
            outputHeight: 1 + (index + turn) % 6, outputWidth: [1, 2, 7, 8, 15, 33][(index + 2 * turn) % 6],
            depth: turn % 2 == 0
              ? .flat
              : DepthWindow(
                inputDepth: 1 + index % 4, outputDepth: 1 + turn % 3, size: 1 + index % 3, stride: 1 + turn % 2,
                dilation: 1 + index % 2, padFront: index % 3),
            epilogue: (index + turn) % 5))
      }
    }
    return problems
  }

  @Test(arguments: convolutionKernelSets.indices) func convolvesLikeTheDefinition(set: Int) throws {
    let kernels = convolutionKernelSets[set]
    for problem in Self.problems where problem.groups.perVector(of: kernels.vectorWidth) > 0 {
      try check(kernels, problem)
    }
  }

  private func check(_ kernels: any ConvolutionKernels.Type, _ problem: Problem) throws {
    let (groups, window, depth) = (problem.groups, problem.window, problem.depth)
    let (stride, outputStride, residualStride) = (
      problem.inputChannels + 3, problem.outputChannels + 1, problem.outputChannels + 2
    )
    let pixels = problem.rows * problem.outputWidth
    let input = Buffer(
      random: problem.images * depth.inputDepth * problem.height * problem.width * stride - 3, seed: 1)
    let weights = Buffer(random: problem.outputChannels * groups.inputs * problem.taps, seed: 2)
    let bias = Buffer(random: problem.outputChannels, seed: 3)
    let residual = Buffer(random: pixels * residualStride - 2, seed: 4)
    let output = Buffer(pixels * outputStride - 1)
    let packed = Buffer(kernels.groupedWeightCount(groups, taps: problem.taps))
    kernels.packGroupedWeights(
      weights.input, groups, rows: depth.size * window.height, columns: window.width, into: packed.base)
    #expect(packed.isIntact)
    let epilogues = [
      Epilogue(), Epilogue(bias: bias.input, activation: .relu),
      Epilogue(bias: bias.input, residual: residual.input, residualPixelStride: residualStride, activation: .relu),
      Epilogue(
        residual: residual.input, residualPixelStride: residualStride, activation: .relu, activatesFirst: true),
      Epilogue(bias: bias.input, activation: Activation(.silu)),
    ]
    let epilogue = epilogues[problem.epilogue]
    let needed = kernels.groupedConvolutionScratch(groups, window, depth, outputWidth: problem.outputWidth)
    let byteCount = try #require(needed)
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: byteCount + 64, alignment: 64)
    defer { scratch.deallocate() }
    let end = (scratch + byteCount).assumingMemoryBound(to: UInt8.self)
    end.initialize(repeating: 0xA5, count: 64)
    let arguments = GroupedConvolutionArguments(
      groups: groups,
      input: InputImages(
        base: input.input, count: problem.images * depth.inputDepth, height: problem.height, width: problem.width,
        channels: problem.inputChannels, pixelStride: stride),
      output: OutputImages(
        base: output.base, count: problem.images * depth.outputDepth, height: problem.outputHeight,
        width: problem.outputWidth, channels: problem.outputChannels, pixelStride: outputStride),
      window: window, depth: depth, weights: packed.input, epilogue: epilogue, scratch: scratch)
    let blocks = groups.blocks(ofVectors: kernels.vectorWidth)
    #expect(
      isIndependentOfRange(units: problem.rows, output: output) {
        kernels.convolveGroups(arguments, rows: $0, blocks: 0..<blocks)
      }, "\(kernels.name) \(problem)")
    #expect(
      isIndependentOfRange(units: blocks, output: output) {
        kernels.convolveGroups(arguments, rows: 0..<problem.rows, blocks: $0)
      }, "\(kernels.name) \(problem)")
    #expect((0..<64).allSatisfy { end[$0] == 0xA5 }, "\(kernels.name) \(problem)")

    var expected = output.values.map(Double.init)
    for pixel in 0..<pixels {
      let (row, x) = pixel.quotientAndRemainder(dividingBy: problem.outputWidth)
      for channel in 0..<problem.outputChannels {
        let sum = sum(problem, row: row, x: x, channel: channel, input: input, stride: stride, weights: weights)
        let biased = (epilogue.bias.map { Double($0[channel]) } ?? 0) + sum
        let addend = epilogue.residual.map { Double($0[pixel * residualStride + channel]) } ?? 0
        expected[pixel * outputStride + channel] =
          epilogue.activatesFirst
          ? epilogue.activation.reference(biased) + addend : epilogue.activation.reference(biased + addend)
      }
    }
    #expect(agree(output.values, expected, tolerance: 4e-6), "\(kernels.name) \(problem)")
  }

  /// The sum of products for one result.
  private func sum(
    _ problem: Problem, row: Int, x: Int, channel: Int, input: Buffer, stride: Int, weights: Buffer
  ) -> Double {
    let (groups, window, depth) = (problem.groups, problem.window, problem.depth)
    let (plane, y) = row.quotientAndRemainder(dividingBy: problem.outputHeight)
    let (image, z) = plane.quotientAndRemainder(dividingBy: depth.outputDepth)
    let firstInput = channel / groups.outputs * groups.inputs
    var sum = 0.0
    for tap in 0..<problem.taps {
      let (windowRow, column) = tap.quotientAndRemainder(dividingBy: window.width)
      let inputZ = z * depth.stride - depth.padFront + windowRow / window.height * depth.dilation
      let inputY = y * window.strideY - window.padTop + windowRow % window.height * window.dilationY
      let inputX = x * window.strideX - window.padLeft + column * window.dilationX
      guard (0..<depth.inputDepth).contains(inputZ), (0..<problem.height).contains(inputY),
        (0..<problem.width).contains(inputX)
      else { continue }
      let pixel = ((image * depth.inputDepth + inputZ) * problem.height + inputY) * problem.width + inputX
      for index in 0..<groups.inputs {
        sum +=
          Double(input.input[pixel * stride + firstInput + index])
          * Double(weights.input[(channel * groups.inputs + index) * problem.taps + tap])
      }
    }
    return sum
  }
}
