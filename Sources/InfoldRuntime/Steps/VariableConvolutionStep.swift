import InfoldKernelInterface

/// A convolution whose weights a run computes: they are packed in a first phase. Kernels multiply zeros in the place of padding; where a
/// weight is not finite, which would make NaN of them, the sums are computed as they are defined.
struct VariableConvolutionStep: Step {
  /// With the packed weights in planned memory.
  var convolution: ConvolutionStep
  /// What computes it: the same, or a depthwise convolution.
  let multiplication: any Step
  let isDepthwise: Bool
  let kernels: any ConvolutionKernels.Type
  /// The weights [M, C / groups, taps].
  let weights: Location
  /// One number, which says whether all weights are finite.
  let isFinite: Location
  /// Whether that matters.
  let readsPadding: Bool

  var phases: Int { 2 }

  var scratchByteCount: Int { multiplication.scratchByteCount }

  private var taps: Int { convolution.shape.window.height * convolution.shape.window.width }

  func tasks(phase: Int, workers: Int) -> Int { phase == 0 ? 1 : multiplication.tasks(phase: 0, workers: workers) }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    phase == 0 ? 1 : multiplication.work(phase: 0, task: task, of: count)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    if phase == 0 {
      pack(in: frame)
    } else if frame.pointer(isFinite).pointee == 1 {
      multiplication.run(phase: 0, task: task, of: count, worker: worker, in: frame)
    } else {
      convolve(task, of: count, in: frame)
    }
  }

  private func pack(in frame: Frame) {
    let shape = convolution.shape
    let source = frame.pointer(weights), packed = frame.pointer(convolution.weights)
    let size = taps * shape.channels
    var found: UInt32 = 0
    if readsPadding {
      for index in 0..<(convolution.groups * shape.outputChannels * size) {
        found |= source[index].bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
      }
    }
    frame.pointer(isFinite).pointee = found == 0 ? 1 : 0
    guard !isDepthwise else {
      return kernels.packDepthwiseWeights(
        source, kernelHeight: shape.window.height, kernelWidth: shape.window.width, channels: convolution.groups,
        into: packed)
    }
    for group in 0..<convolution.groups {
      kernels.pack(
        PackArguments(
          source: source + group * shape.outputChannels * size, taps: taps, channels: shape.channels, tapStride: 1,
          channelStride: taps, columnStride: size, columnCount: shape.outputChannels, columns: 0..<shape.outputChannels,
          packed: packed + group * kernels.packedCount(rows: size, columns: shape.outputChannels)))
    }
  }

  /// Some rows of the result, number by number.
  private func convolve(_ task: Int, of count: Int, in frame: Frame) {
    let shape = convolution.shape, window = shape.window
    let (x, y, w) = (frame.pointer(convolution.input), frame.pointer(convolution.output), frame.pointer(weights))
    guard case .floats(_, let epilogue) = convolution.kernel else { preconditionFailure("bytes have no such weights") }
    let bias = epilogue.bias.map { frame.pointer($0) }
    for row in (0..<shape.images * shape.outputHeight).part(task, of: count) {
      let (image, top) = (row / shape.outputHeight, row % shape.outputHeight * window.strideY - window.padTop)
      for column in 0..<shape.outputWidth {
        let left = column * window.strideX - window.padLeft
        for filter in 0..<(convolution.groups * shape.outputChannels) {
          let first = filter / shape.outputChannels * shape.channels
          var sum = bias?[filter] ?? 0
          for tap in 0..<taps {
            let (line, place) = (
              top + tap / window.width * window.dilationY, left + tap % window.width * window.dilationX
            )
            guard line >= 0, line < shape.height, place >= 0, place < shape.width else { continue }
            let pixel = x + ((image * shape.height + line) * shape.width + place) * shape.pixelStride + first
            for channel in 0..<shape.channels {
              sum += pixel[channel] * w[(filter * shape.channels + channel) * taps + tap]
            }
          }
          y[(row * shape.outputWidth + column) * shape.outputPixelStride + filter] = sum
        }
      }
    }
  }
}
