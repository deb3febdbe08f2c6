import InfoldKernelInterface

/// A convolution of every channel by itself.
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

  var cost: Int { multiplyAccumulates }

  var weightByteCount: Int { window.height * window.width * result.channels * MemoryLayout<Float>.stride }

  func run(
    rows: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer, in frame: Frame
  ) {
    kernels.depthwise(
      DepthwiseArguments(
        input: image.input(source, input), output: result.output(target, output), window: window,
        weights: frame.pointer(weights), epilogue: epilogue.resolved(in: frame)),
      rows: rows)
  }
}
