import InfoldKernelInterface

/// A convolution with small groups of channels.
struct LanesStep: WindowRowStep {
  let kernels: any ConvolutionKernels.Type
  let groups: ChannelGroups
  let image: ImageShape
  let result: ImageShape
  let window: ImageWindow
  let depth: DepthWindow
  let multiplyAccumulates: Int
  let scratchByteCount: Int
  let input: Location
  let weights: Location
  let epilogue: PlannedEpilogue
  let output: Location
  var sharesChannels = false

  var cost: Int { multiplyAccumulates }

  var weightByteCount: Int {
    window.height * window.width * groups.inputs * result.channels * MemoryLayout<Float>.stride
  }

  /// The number of output channels of a vector.
  private var channelsOfBlock: Int { groups.perVector(of: kernels.vectorWidth) * groups.outputs }

  var channelUnit: Int { max(1, ChannelBlocks.defaultUnit / channelsOfBlock) * channelsOfBlock }

  func run(
    rows: Range<Int>, channels: Range<Int>, from source: UnsafeMutablePointer<Float>,
    to target: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, in state: RunState
  ) {
    let block = channelsOfBlock
    kernels.convolveGroups(
      GroupedConvolutionArguments(
        groups: groups, input: image.input(source, input), output: result.output(target, output), window: window,
        depth: depth, weights: state.pointer(weights), epilogue: epilogue.resolved(in: state), scratch: scratch),
      rows: rows, blocks: channels.lowerBound / block..<(channels.upperBound + block - 1) / block)
  }
}
