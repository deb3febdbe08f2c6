import InfoldKernelInterface

/// A depthwise convolution.
struct DepthwiseStep: WindowRowStep {
  let kernels: any ConvolutionKernels.Type
  let image: ImageShape
  let result: ImageShape
  let window: ImageWindow
  let multiplyAccumulates: Int
  let input: Location
  let weights: Location
  let epilogue: PlannedEpilogue
  let output: Location
  var sharesChannels = false

  var cost: Int { multiplyAccumulates }

  var weightByteCount: Int { window.height * window.width * result.channels * MemoryLayout<Float>.stride }

  func run(
    rows: Range<Int>, channels: Range<Int>, from source: UnsafeMutablePointer<Float>,
    to target: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, in state: RunState
  ) {
    let (input, output) = images(channels, from: source, to: target)
    // The weights are stored vector by vector of channels.
    let weights = state.pointer(weights) + channels.lowerBound * window.height * window.width
    kernels.depthwise(
      DepthwiseArguments(
        input: input, output: output, window: window, weights: weights,
        epilogue: epilogue.resolved(in: state, firstChannel: channels.lowerBound)),
      rows: rows)
  }
}
