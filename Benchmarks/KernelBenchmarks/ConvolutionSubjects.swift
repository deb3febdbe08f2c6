import InfoldKernelInterface

/// A convolution with stride 1 and an output as large as the input. With a window of 1, it is a
/// matrix product.
struct ConvolutionSubject: Subject {
  private let kernels: any ConvolutionKernels.Type
  private let arguments: ConvolutionArguments
  private let memory: [Memory]

  init(_ kernels: any ConvolutionKernels.Type, height: Int, width: Int, channels: Int, outputs: Int, window: Int) {
    let pixels = height * width, taps = window * window
    let input = Memory(pixels * channels), output = Memory(pixels * outputs)
    let weights = Memory(outputs * channels * taps), bias = Memory(outputs)
    let packed = Memory(kernels.packedCount(rows: taps * channels, columns: outputs))
    let scratch = Memory(byteCount: kernels.convolutionScratch(taps: taps, channels: channels))
    kernels.pack(
      PackArguments(
        source: weights.input, taps: taps, channels: channels, tapStride: 1, channelStride: taps,
        columnStride: channels * taps, columnCount: outputs, columns: 0..<outputs, packed: packed.base))
    arguments = ConvolutionArguments(
      window: ImageWindow(height: window, width: window, padTop: window / 2, padLeft: window / 2),
      input: InputImages(base: input.input, count: 1, height: height, width: width, channels: channels),
      weights: packed.input,
      output: OutputImages(base: output.base, count: 1, height: height, width: width, channels: outputs),
      epilogue: Epilogue(bias: bias.input, activation: .relu), pixels: 0..<pixels, columns: 0..<outputs,
      scratch: scratch.raw)
    memory = [input, output, packed, bias, scratch]
    self.kernels = kernels
  }

  func run() {
    kernels.convolve(arguments)
  }
}

/// The same convolution with Winograd's algorithm, for a square image, a 3×3 window, and as many
/// output as input channels.
struct WinogradSubject: Subject {
  private let kernels: any ConvolutionKernels.Type
  private let arguments: WinogradArguments
  private let memory: [Memory]

  init(_ kernels: any ConvolutionKernels.Type, tile: Int, side: Int, channels: Int) {
    let pixels = side * side, tilesAcross = (side + tile - 1) / tile
    let input = Memory(pixels * channels), output = Memory(pixels * channels)
    let weights = Memory(channels * channels * 9), bias = Memory(channels)
    let packed = Memory(kernels.winogradPackedCount(tile: tile, channels: channels, outputChannels: channels))
    let scratch = Memory(
      byteCount: kernels.winogradScratch(tile: tile, channels: channels, outputChannels: channels))
    let areSuitable = kernels.packWinograd(
      WinogradPackArguments(
        tile: tile, source: weights.input, channels: channels, columnCount: channels, columns: 0..<channels,
        packed: packed.base))
    precondition(areSuitable)
    let directWeights = Memory(kernels.packedCount(rows: 9 * channels, columns: channels))
    kernels.pack(
      PackArguments(
        source: weights.input, taps: 9, channels: channels, tapStride: 1, channelStride: 9,
        columnStride: 9 * channels, columnCount: channels, columns: 0..<channels, packed: directWeights.base))
    arguments = WinogradArguments(
      tile: tile, padTop: 1, padLeft: 1,
      input: InputImages(base: input.input, count: 1, height: side, width: side, channels: channels),
      weights: packed.input, directWeights: directWeights.input,
      output: OutputImages(base: output.base, count: 1, height: side, width: side, channels: channels),
      epilogue: Epilogue(bias: bias.input, activation: .relu), tiles: 0..<(tilesAcross * tilesAcross),
      columns: 0..<channels, scratch: scratch.raw)
    memory = [input, output, packed, directWeights, bias, scratch]
    self.kernels = kernels
  }

  func run() {
    kernels.convolveWinograd(arguments)
  }
}

/// A depthwise convolution of a square image.
struct DepthwiseSubject: Subject {
  private let kernels: any ConvolutionKernels.Type
  private let arguments: DepthwiseArguments
  private let memory: [Memory]

  init(_ kernels: any ConvolutionKernels.Type, side: Int, channels: Int, window: Int, stride: Int) {
    let outputSide = (side + stride - 1) / stride
    let input = Memory(side * side * channels), output = Memory(outputSide * outputSide * channels)
    let weights = Memory(window * window * channels), bias = Memory(channels)
    let packed = Memory(
      kernels.depthwiseWeightCount(kernelHeight: window, kernelWidth: window, channels: channels))
    kernels.packDepthwiseWeights(
      weights.input, kernelHeight: window, kernelWidth: window, channels: channels, into: packed.base)
    arguments = DepthwiseArguments(
      input: InputImages(base: input.input, count: 1, height: side, width: side, channels: channels),
      output: OutputImages(base: output.base, count: 1, height: outputSide, width: outputSide, channels: channels),
      window: ImageWindow(
        height: window, width: window, strideY: stride, strideX: stride, padTop: window / 2, padLeft: window / 2),
      weights: packed.input, epilogue: Epilogue(bias: bias.input, activation: .relu))
    memory = [input, output, packed, bias]
    self.kernels = kernels
  }

  func run() {
    kernels.depthwise(arguments, rows: 0..<arguments.output.height)
  }
}

/// A grouped convolution of a square image with small groups.
struct GroupedSubject: Subject {
  private let kernels: any ConvolutionKernels.Type
  private let arguments: GroupedConvolutionArguments
  private let memory: [Memory]

  init(_ kernels: any ConvolutionKernels.Type, side: Int, groups: ChannelGroups, window size: Int, stride: Int) {
    let outputSide = (side + stride - 1) / stride, taps = size * size
    let (channels, outputs) = (groups.count * groups.inputs, groups.count * groups.outputs)
    let window = ImageWindow(
      height: size, width: size, strideY: stride, strideX: stride, padTop: size / 2, padLeft: size / 2)
    let input = Memory(side * side * channels), output = Memory(outputSide * outputSide * outputs)
    let weights = Memory(taps * groups.inputs * outputs), bias = Memory(outputs)
    let packed = Memory(kernels.groupedWeightCount(groups, taps: taps))
    kernels.packGroupedWeights(weights.input, groups, rows: size, columns: size, into: packed.base)
    let byteCount = kernels.groupedConvolutionScratch(groups, window, .flat, outputWidth: outputSide)
    let scratch = Memory(byteCount: byteCount!)
    arguments = GroupedConvolutionArguments(
      groups: groups,
      input: InputImages(base: input.input, count: 1, height: side, width: side, channels: channels),
      output: OutputImages(base: output.base, count: 1, height: outputSide, width: outputSide, channels: outputs),
      window: window, weights: packed.input, epilogue: Epilogue(bias: bias.input, activation: .relu),
      scratch: scratch.raw)
    memory = [input, output, packed, bias, scratch]
    self.kernels = kernels
  }

  func run() {
    kernels.convolveGroups(
      arguments, rows: 0..<arguments.output.height,
      blocks: 0..<arguments.groups.blocks(ofVectors: kernels.vectorWidth))
  }
}
