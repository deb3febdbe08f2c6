import InfoldKernelInterface

/// A convolution of every channel by itself.
struct DepthwiseStep: RowStep {
  let kernels: any ConvolutionKernels.Type
  let image: ImageShape
  let result: ImageShape
  let window: ImageWindow
  let multiplyAccumulates: Int
  let input: Location
  let weights: Location
  let epilogue: PlannedEpilogue
  let output: Location

  private var units: Int { result.images * result.height }

  func tasks(phase: Int, workers: Int) -> Int {
    RangeStep.tasks(units: units, cost: multiplyAccumulates, workers: workers)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    run(
      rows: (0..<units).part(task, of: count), from: frame.pointer(input), to: frame.pointer(output),
      scratch: frame.scratch(of: worker), in: frame)
  }

  var dependency: RowDependency? {
    result.images == 1 ? RowDependency(window, image, input, result, output) : nil
  }

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

extension RowDependency {
  /// That of a window which moves over an image.
  init(_ window: ImageWindow, _ image: ImageShape, _ input: Location, _ result: ImageShape, _ output: Location) {
    self.init(
      inputRows: image.height, outputRows: result.height, inputStride: image.width * input.pixelStride,
      outputStride: result.width * output.pixelStride, first: -window.padTop, step: window.strideY,
      extent: (window.height - 1) * window.dilationY + 1)
  }
}
