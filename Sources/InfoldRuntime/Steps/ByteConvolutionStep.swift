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

  var scratchByteCount: Int {
    kernels.convolutionScratch(taps: sizes.window.height * sizes.window.width, channels: sizes.channels)
  }

  private var rows: Int { sizes.images * outputHeight * outputWidth }

  private var partition: ConvolutionPartition {
    ConvolutionPartition(
      rows: rows, columns: outputChannels, groups: groups, tileRows: 12, panelWidth: kernels.panelWidth)
  }

  func tasks(phase: Int, workers: Int) -> Int {
    let work = rows * outputChannels * sizes.channels * sizes.window.height * sizes.window.width * groups
    return workers > 1 && work > 1 << 19 ? partition.tasks(workers: workers) : 1
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    partition.forEachPart(ofTask: task, of: count) { group, pixels, columns in
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
          requantization: requantization.resolved(in: frame, group: group), pixels: pixels, columns: columns,
          scratch: frame.scratch(of: worker)))
    }
  }
}
