import InfoldKernelInterface

/// A convolution with packed weights, each tap read where it is; with a window of one position, a product of matrices.
struct ConvolutionStep: Step {
  var kernels: any ConvolutionKernels.Type
  /// Of one group, but for the pixel strides. The pointers are set in a run.
  var shape: ConvolutionShape
  var groups = 1
  var input: Location
  /// The packed weights of all groups, behind one another.
  var weights: Location
  var output: Location
  var epilogue: PlannedEpilogue

  var scratchByteCount: Int {
    kernels.convolutionScratch(taps: shape.window.height * shape.window.width, channels: shape.channels)
  }

  private var rows: Int { shape.images * shape.outputHeight * shape.outputWidth }

  private var partition: ConvolutionPartition {
    ConvolutionPartition(
      rows: rows, columns: shape.outputChannels, groups: groups, tileRows: 6, panelWidth: kernels.panelWidth)
  }

  func tasks(phase: Int, workers: Int) -> Int {
    let work = rows * shape.outputChannels * shape.channels * shape.window.height * shape.window.width * groups
    return workers > 1 && work > 1 << 17 ? partition.tasks(workers: workers) : 1
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    let weightCount = kernels.packedCount(
      rows: shape.window.height * shape.window.width * shape.channels, columns: shape.outputChannels)
    partition.forEachPart(ofTask: task, of: count) { group, pixels, columns in
      kernels.convolve(
        ConvolutionArguments(
          window: shape.window,
          input: shape.input(frame.pointer(input) + group * shape.channels),
          weights: frame.pointer(weights) + group * weightCount,
          output: shape.output(frame.pointer(output) + group * shape.outputChannels),
          epilogue: epilogue.resolved(in: frame, firstChannel: group * shape.outputChannels),
          pixels: pixels, columns: columns, scratch: frame.scratch(of: worker)))
    }
  }
}

/// The sizes of a convolution.
struct ConvolutionShape: Sendable {
  var images: Int
  var height: Int
  var width: Int
  var channels: Int
  var pixelStride: Int
  var outputHeight: Int
  var outputWidth: Int
  var outputChannels: Int
  var outputPixelStride: Int
  var window: ImageWindow

  func input(_ base: UnsafePointer<Float>) -> InputImages {
    InputImages(
      base: base, count: images, height: height, width: width, channels: channels, pixelStride: pixelStride)
  }

  func output(_ base: UnsafeMutablePointer<Float>) -> OutputImages {
    OutputImages(
      base: base, count: images, height: outputHeight, width: outputWidth, channels: outputChannels,
      pixelStride: outputPixelStride)
  }
}

/// What happens to a step's results before they are stored, with places instead of pointers.
struct PlannedEpilogue: Sendable {
  var bias: Location?
  var residual: Location?
  var activation = Activation.identity
  var activatesFirst = false

  /// The epilogue of a run, for the output channels from `firstChannel` on.
  func resolved(in frame: Frame, firstChannel: Int = 0) -> Epilogue {
    Epilogue(
      bias: bias.map { UnsafePointer(frame.pointer($0) + firstChannel) },
      residual: residual.map { UnsafePointer(frame.pointer($0) + firstChannel) },
      residualPixelStride: residual?.pixelStride ?? 0, activation: activation, activatesFirst: activatesFirst)
  }
}
