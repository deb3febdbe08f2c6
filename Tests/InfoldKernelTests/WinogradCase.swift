import InfoldKernelInterface

/// A convolution that is computed by Winograd's algorithm, with everything that its kernel needs.
final class WinogradCase: CustomStringConvertible {
  let kernels: any ConvolutionKernels.Type
  let tile: Int
  let problem: ConvolutionCase
  /// Whether the weights suit the algorithm.
  let areWeightsSuitable: Bool
  private let packed: Scratch
  private let directWeights: Scratch
  private let scratch: Scratch
  private let directScratch: Scratch

  var description: String { "\(kernels.name) \(tile) \(problem)" }
  var tiles: Int {
    problem.shape.images * ((problem.outputHeight + tile - 1) / tile) * ((problem.outputWidth + tile - 1) / tile)
  }
  /// Whether nothing after the scratch memory and the packed weights was written.
  var isIntact: Bool { scratch.isIntact && packed.isIntact && directWeights.isIntact }

  init(_ kernels: any ConvolutionKernels.Type, tile: Int, _ problem: ConvolutionCase) {
    (self.kernels, self.tile, self.problem) = (kernels, tile, problem)
    let (channels, outputs) = (problem.shape.channels, problem.shape.outputs)
    packed = Scratch(
      byteCount: 4 * kernels.winogradPackedCount(tile: tile, channels: channels, outputChannels: outputs))
    areWeightsSuitable = kernels.packWinograd(
      WinogradPackArguments(
        tile: tile, source: problem.weights.input, channels: channels, columnCount: outputs, columns: 0..<outputs,
        packed: packed.floats))
    directWeights = Scratch(byteCount: 4 * kernels.packedCount(rows: 9 * channels, columns: outputs))
    kernels.pack(
      PackArguments(
        source: problem.weights.input, taps: 9, channels: channels, tapStride: 1, channelStride: 9,
        columnStride: 9 * channels, columnCount: outputs, columns: 0..<outputs, packed: directWeights.floats))
    scratch = Scratch(
      byteCount: kernels.winogradScratch(tile: tile, channels: channels, outputChannels: outputs))
    directScratch = Scratch(byteCount: kernels.convolutionScratch(taps: 9, channels: channels))
  }

  /// Computes some tiles and output channels; by default all.
  func run(tiles: Range<Int>? = nil, columns: Range<Int>? = nil) {
    kernels.convolveWinograd(
      WinogradArguments(
        tile: tile, padTop: problem.shape.window.padTop, padLeft: problem.shape.window.padLeft, input: problem.input,
        weights: packed.floats, directWeights: directWeights.floats, output: problem.target,
        epilogue: problem.epilogue, tiles: tiles ?? 0..<self.tiles, columns: columns ?? 0..<problem.shape.outputs,
        scratch: scratch.base))
  }

  /// Computes everything directly.
  func runDirectly() {
    kernels.convolve(
      ConvolutionArguments(
        window: problem.shape.window, input: problem.input, weights: directWeights.floats, output: problem.target,
        epilogue: problem.epilogue, pixels: 0..<problem.outputPixels, columns: 0..<problem.shape.outputs,
        scratch: directScratch.base))
  }
}
