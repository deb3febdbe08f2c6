import InfoldKernelInterface

/// A convolution of quantized images with packed weights.
struct ByteConvolutionStep: Step {
  /// What is convolved: of one group, but for the pixel stride.
  struct Sizes: Sendable {
    var images: Int
    var height: Int
    var width: Int
    var channels: Int
    var pixelStride: Int
    var window: ImageWindow
  }

  var kernels: any ByteKernels.Type
  var sizes: Sizes
  var outputHeight: Int
  var outputWidth: Int
  /// Of one group.
  var outputChannels: Int
  var groups: Int
  /// What stands for positions outside of the picture.
  var padding: UInt8
  var input: Location
  /// The packed weights of all groups, behind one another.
  var weights: Location
  /// The bytes of one group's weights.
  var weightCount: Int
  var output: Location
  var requantization: PlannedRequantization

  /// Rows of a tile: parts of the work are multiples of it where they can be.
  private static let tileRows = 12

  var scratchByteCount: Int {
    kernels.convolutionScratch(taps: sizes.window.height * sizes.window.width, channels: sizes.channels)
  }

  private var rows: Int { sizes.images * outputHeight * outputWidth }

  /// Threads share the output channels when there are more of them than positions: then the weights are what has to be read.
  private var splitsColumns: Bool { outputChannels > rows }

  private var unit: Int { splitsColumns ? kernels.panelWidth : Self.tileRows }
  private var extent: Int { splitsColumns ? outputChannels : rows }
  private var units: Int { (extent + unit - 1) / unit }

  func tasks(phase: Int, workers: Int) -> Int {
    let work = rows * outputChannels * sizes.channels * sizes.window.height * sizes.window.width * groups
    guard workers > 1, work > 1 << 19 else { return 1 }
    return min(2 * workers, groups * units)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    // The tasks go through the units of one group after the other.
    var rest = (0..<(groups * units)).part(task, of: count)
    while !rest.isEmpty {
      let group = rest.lowerBound / units
      let end = min(rest.upperBound, (group + 1) * units)
      let part = min((rest.lowerBound - group * units) * unit, extent)..<min((end - group * units) * unit, extent)
      kernels.convolve(
        ByteConvolutionArguments(
          window: sizes.window,
          input: InputByteImages(
            base: frame.bytes(input) + group * sizes.channels, count: sizes.images, height: sizes.height,
            width: sizes.width, channels: sizes.channels, pixelStride: sizes.pixelStride),
          padding: padding,
          weights: UnsafeRawPointer(frame.pointer(weights)).assumingMemoryBound(to: Int8.self) + group * weightCount,
          output: OutputByteImages(
            base: frame.bytes(output) + group * outputChannels, height: outputHeight, width: outputWidth,
            channels: outputChannels, pixelStride: output.pixelStride),
          requantization: requantization.resolved(in: frame, group: group),
          pixels: splitsColumns ? 0..<rows : part, columns: splitsColumns ? part : 0..<outputChannels,
          scratch: frame.scratch(of: worker)))
      rest = end..<rest.upperBound
    }
  }
}
