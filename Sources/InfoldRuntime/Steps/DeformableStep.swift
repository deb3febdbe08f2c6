import InfoldKernelInterface

/// A deformable convolution. For some positions at a time, it gathers the input at the displaced
/// positions of the window and multiplies it by packed weights while it is in a cache.
struct DeformableStep: Step {
  let kernels: any KernelSet.Type
  let productKernels: any ConvolutionKernels.Type
  let image: ImageShape
  let result: ImageShape
  let window: ImageWindow
  let groups: Int
  let offsetGroups: Int
  let input: Location
  /// The vertical and the horizontal offset of each window element.
  let offsets: Location
  /// The factor of each window element.
  let mask: Location?
  /// The packed weights of all groups, in sequence.
  let weights: Location
  let epilogue: PlannedEpilogue
  let output: Location

  private var filters: Int { result.channels / groups }
  /// The number of elements gathered per position and group.
  private var inner: Int { row / groups }
  /// The number of elements gathered per position.
  private var row: Int { window.height * window.width * image.channels }
  /// The number of positions gathered at a time, which fill about a quarter of a second-level
  /// cache.
  private var block: Int { min(max(6, (1 << 16) / row), 96, result.pixels) }
  private var blocks: Int { (result.pixels + block - 1) / block }
  private var columnByteCount: Int { (block * row * MemoryLayout<Float>.stride + 63) & ~63 }

  var scratchByteCount: Int { columnByteCount + productKernels.convolutionScratch(taps: 1, channels: inner) }

  func tasks(phase: Int, workers: Int) -> Int {
    let sharing = ThreadHeuristic.count(
      multiplications: result.images * result.pixels * row * filters, workers: workers)
    return sharing > 1 ? min(2 * sharing, result.images * blocks) : 1
  }

  func work(phase: Int, task: Int, of count: Int) -> Int { (0..<result.images * blocks).part(task, of: count).count }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    for index in (0..<result.images * blocks).part(task, of: count) {
      let (image, place) = index.quotientAndRemainder(dividingBy: blocks)
      let first = image * result.pixels + place * block
      compute(first..<min(first + block, (image + 1) * result.pixels), state.scratch(of: worker), in: state)
    }
  }

  private func compute(_ positions: Range<Int>, _ scratch: UnsafeMutableRawPointer, in state: RunState) {
    let gathered = scratch.assumingMemoryBound(to: Float.self), first = positions.lowerBound
    kernels.sampleWindows(
      WindowSamplingArguments(
        window: window, input: image.input(state.pointer(input), input), outputHeight: result.height,
        outputWidth: result.width, groups: groups, offsetGroups: offsetGroups, offsets: state.pointer(offsets),
        mask: mask.map { UnsafePointer(state.pointer($0)) }, columns: gathered - first * row),
      positions: positions)
    for group in 0..<groups {
      var epilogue = epilogue.resolved(in: state, firstChannel: group * filters)
      epilogue.residual = epilogue.residual.map { $0 + first * epilogue.residualPixelStride }
      productKernels.convolve(
        ConvolutionArguments(
          window: ImageWindow(height: 1, width: 1),
          input: InputImages(
            base: gathered + group * inner, count: 1, height: 1, width: positions.count, channels: inner,
            pixelStride: row),
          weights: state.pointer(weights) + group * productKernels.packedCount(rows: inner, columns: filters),
          output: OutputImages(
            base: state.pointer(output) + first * output.pixelStride + group * filters, count: 1, height: 1,
            width: positions.count, channels: filters, pixelStride: output.pixelStride),
          epilogue: epilogue, pixels: 0..<positions.count, columns: 0..<filters, scratch: scratch + columnByteCount))
    }
  }
}
