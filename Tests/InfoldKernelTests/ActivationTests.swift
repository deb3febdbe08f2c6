import InfoldKernelInterface
import Testing

/// An activation gives the same bits in the epilogue of every kernel as on its own, whatever the neighboring elements are.
@Suite struct ActivationTests {
  static let activations: [(activation: Activation, function: UnaryFunction, alpha: Float, beta: Float)] = [
    (Activation(.clip, -0.5, 0.25), .clip, -0.5, 0.25), (Activation(.leakyRelu, 0.1), .leakyRelu, 0.1, 0),
    (Activation(.hardSigmoid, 0.25, 0.5), .hardSigmoid, 0.25, 0.5), (Activation(.hardSwish), .hardSwish, 1 / 6, 0.5),
    (Activation(.sigmoid), .sigmoid, 0, 0), (Activation(.silu), .swish, 1, 0), (Activation(.tanh), .tanh, 0, 0),
    (Activation(.gelu), .gelu, 0, 0), (Activation(.geluTanh), .geluTanh, 0, 0),
    (Activation(.exponential), .exponential, 0, 0), (Activation(.elu, 0.7), .elu, 0.7, 0),
    (Activation(.softplus), .softplus, 0, 0), (Activation(.mish), .mish, 0, 0),
  ]

  /// The results of the kernel for single functions for `values`, one at a time.
  private static func alone(_ index: Int, _ set: any KernelSet.Type, _ values: [Float]) -> [Float] {
    let item = activations[index]
    let (input, output, shape) = (Buffer(values), Buffer(values.count), ElementwiseShape(pixels: values.count))
    let arguments = UnaryArguments(
      item.function, alpha: item.alpha, beta: item.beta, shape: shape,
      input: ElementwiseInput(input.input, like: shape), output: ElementwiseOutput(output.base, like: shape))
    for place in values.indices { set.unary(arguments, pixels: place..<(place + 1)) }
    return output.values
  }

  private static func haveSameBits(_ a: [Float], _ b: [Float]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern }
  }

  @Test(arguments: convolutionKernelSets.indices, activations.indices)
  func isTheSameBehindProducts(set: Int, index: Int) {
    let kernels = convolutionKernelSets[set]
    for outputs in [1, 7, 16, 24, 33, 64, 70] {
      let problem = ConvolutionCase(.init(height: 3, width: 5, channels: 9, outputs: outputs))
      let packed = problem.packed(kernels)
      let scratch = Scratch(byteCount: kernels.convolutionScratch(taps: 1, channels: 9))
      func run(_ activation: Activation) -> [Float] {
        problem.epilogue.activation = activation
        kernels.convolve(
          ConvolutionArguments(
            window: problem.shape.window, input: problem.input, weights: packed.floats, output: problem.target,
            epilogue: problem.epilogue, pixels: 0..<problem.outputPixels, columns: 0..<outputs, scratch: scratch.base))
        return problem.results
      }
      let expected = Self.alone(index, companion(kernels), run(.identity))
      #expect(Self.haveSameBits(run(Self.activations[index].activation), expected), "\(kernels.name) \(outputs)")
    }
  }

  @Test(arguments: convolutionKernelSets.indices, activations.indices)
  func isTheSameBehindWinograd(set: Int, index: Int) {
    let window = ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1)
    for (tile, outputs) in [(2, 20), (4, 9), (6, 32)] {
      let problem = ConvolutionCase(
        .init(height: 8, width: 9, channels: 8, outputs: outputs, window: window, padBottom: 1, padRight: 1))
      let item = WinogradCase(convolutionKernelSets[set], tile: tile, problem)
      func run(_ activation: Activation) -> [Float] {
        problem.epilogue.activation = activation
        item.run()
        return problem.results
      }
      let expected = Self.alone(index, companion(item.kernels), run(.identity))
      #expect(Self.haveSameBits(run(Self.activations[index].activation), expected), "\(item)")
    }
  }

  @Test(arguments: convolutionKernelSets.indices, activations.indices)
  func isTheSameBehindDepthwiseConvolutions(set: Int, index: Int) {
    let kernels = convolutionKernelSets[set]
    for channels in [3, 20, 35] {
      let (height, width) = (4, 11)
      let input = Buffer(random: height * width * channels, seed: 1, bound: 4)
      let weights = Buffer(random: channels * 9, seed: 2)
      let packed = Buffer(kernels.depthwiseWeightCount(kernelHeight: 3, kernelWidth: 3, channels: channels))
      kernels.packDepthwiseWeights(
        weights.input, kernelHeight: 3, kernelWidth: 3, channels: channels, into: packed.base)
      func run(_ activation: Activation) -> [Float] {
        let output = Buffer(input.count)
        let arguments = DepthwiseArguments(
          input: InputImages(base: input.input, count: 1, height: height, width: width, channels: channels),
          output: OutputImages(base: output.base, count: 1, height: height, width: width, channels: channels),
          window: ImageWindow(height: 3, width: 3, padTop: 1, padLeft: 1), weights: packed.input,
          epilogue: Epilogue(activation: activation))
        kernels.depthwise(arguments, rows: 0..<height)
        return output.values
      }
      let expected = Self.alone(index, companion(kernels), run(.identity))
      #expect(Self.haveSameBits(run(Self.activations[index].activation), expected), "\(kernels.name) \(channels)")
    }
  }

  @Test(arguments: kernelSets.indices, activations.indices) func isTheSameElementByElement(set: Int, index: Int) {
    let (activation, kernels) = (Self.activations[index].activation, kernelSets[set])
    // More elements than one block, and channel counts that are not multiples of a vector.
    for (pixels, channels) in [(5_003, 1), (9, 5), (4, 39)] {
      let shape = ElementwiseShape(pixels: pixels, channels: channels)
      let count = pixels * channels
      let (left, right) = (Buffer(random: count, seed: 1, bound: 5), Buffer(random: count, seed: 2, bound: 3))
      let row = Buffer(random: channels, seed: 3)
      func sums(_ activation: Activation) -> [Float] {
        let output = Buffer(count)
        let arguments = BinaryArguments(
          .add, activation: activation, shape: shape, left: ElementwiseInput(left.input, like: shape),
          right: ElementwiseInput(right.input, like: shape), output: ElementwiseOutput(output.base, like: shape))
        #expect(isIndependentOfRange(units: pixels, output: output) { kernels.binary(arguments, pixels: $0) })
        return output.values
      }
      func scaled(_ activation: Activation) -> [Float] {
        let output = Buffer(count)
        let arguments = ScaleShiftArguments(
          activation: activation, shape: shape, input: ElementwiseInput(left.input, like: shape),
          scale: ElementwiseInput(perChannel: row.input), shift: ElementwiseInput(perChannel: row.input),
          output: ElementwiseOutput(output.base, like: shape))
        kernels.scaleShift(arguments, pixels: 0..<pixels)
        return output.values
      }
      #expect(Self.haveSameBits(sums(activation), Self.alone(index, kernels, sums(.identity))))
      #expect(Self.haveSameBits(scaled(activation), Self.alone(index, kernels, scaled(.identity))))
    }
  }
}
