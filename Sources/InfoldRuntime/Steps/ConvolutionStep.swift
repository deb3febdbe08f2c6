import InfoldKernelInterface

/// A convolution with packed weights, each tap read where it is; with a window of one position, a product of matrices.
struct ConvolutionStep: Step {
  var kernels: any KernelSet.Type
  /// Of one group, but for the pixel strides. The pointers are set in a run.
  var shape: ConvolutionShape
  var groups = 1
  var input: Location
  /// The packed weights of all groups, behind one another.
  var weights: Location
  var output: Location
  var epilogue: PlannedEpilogue

  /// Rows of a tile: parts of the work are multiples of it where they can be.
  private static let tileRows = 6

  var scratchByteCount: Int {
    kernels.convolutionScratch(taps: shape.window.height * shape.window.width, channels: shape.channels)
  }

  private var rows: Int { shape.images * shape.outputHeight * shape.outputWidth }

  /// Threads share the output channels when there are more of them than positions: then the weights are what has to be
  /// read, and each thread reads its own.
  private var splitsColumns: Bool { shape.outputChannels > rows }

  func tasks(phase: Int, workers: Int) -> Int {
    let work = rows * shape.outputChannels * shape.channels * shape.window.height * shape.window.width * groups
    guard workers > 1, work > 1 << 17 else { return 1 }
    let units =
      splitsColumns
      ? (shape.outputChannels + kernels.panelWidth - 1) / kernels.panelWidth
      : (rows + Self.tileRows - 1) / Self.tileRows
    return min(2 * workers, groups * units)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    let unit = splitsColumns ? kernels.panelWidth : Self.tileRows
    let extent = splitsColumns ? shape.outputChannels : rows
    let units = (extent + unit - 1) / unit
    let weightCount = kernels.packedCount(
      rows: shape.window.height * shape.window.width * shape.channels, columns: shape.outputChannels)
    // The tasks go through the units of one group after the other.
    var rest = (0..<(groups * units)).part(task, of: count)
    while !rest.isEmpty {
      let group = rest.lowerBound / units
      let end = min(rest.upperBound, (group + 1) * units)
      let part = min((rest.lowerBound - group * units) * unit, extent)..<min((end - group * units) * unit, extent)
      kernels.convolve(
        ConvolutionArguments(
          window: shape.window,
          input: shape.input(frame.pointer(input) + group * shape.channels),
          weights: frame.pointer(weights) + group * weightCount,
          output: shape.output(frame.pointer(output) + group * shape.outputChannels),
          epilogue: epilogue.resolved(in: frame, firstChannel: group * shape.outputChannels),
          pixels: splitsColumns ? 0..<rows : part, columns: splitsColumns ? part : 0..<shape.outputChannels,
          scratch: frame.scratch(of: worker)))
      rest = end..<rest.upperBound
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
