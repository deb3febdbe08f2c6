import InfoldKernelInterface

/// A convolution by a matrix unit, with what computes the positions that the unit leaves out.
struct MatrixUnitProduct: Sendable {
  let unit: MatrixUnit
  let epilogue: PlannedEpilogue
  /// The kernels and weights for positions that read numbers that must not be split; `nil` for
  /// rounded factors, which leave nothing out.
  let direct: Direct?

  /// Products of float32 numbers.
  struct Direct: Sendable {
    let kernels: any ConvolutionKernels.Type
    /// The packed weights of all groups, in sequence.
    let weights: Location
  }

  /// The output channels of a part that threads share, except for the last one: whole panels of
  /// both kernels.
  var panelWidth: Int { max(unit.kernels.panelWidth, direct?.kernels.panelWidth ?? 0) }

  /// Returns the scratch memory in bytes that a thread needs.
  func scratchByteCount(taps: Int, channels: Int) -> Int {
    max(
      unit.kernels.convolutionScratch(unit.factors, taps: taps, channels: channels),
      direct?.kernels.convolutionScratch(taps: taps, channels: channels) ?? 0)
  }

  /// Computes some output positions and channels of some groups.
  ///
  /// - Parameter narrow: The input and the output if they are stored as bfloat16 numbers. `source`
  ///   or `target` is not accessed then.
  func convolve(
    _ shape: ConvolutionShape, _ weights: Location, _ groups: Range<Int>, _ pixels: Range<Int>, _ columns: Range<Int>,
    from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    _ narrow: NarrowImages, _ scratch: UnsafeMutableRawPointer, _ state: RunState
  ) {
    let taps = shape.window.height * shape.window.width
    let limit = unit.kernels.positionLimit(unit.factors, taps: taps, channels: shape.channels)
    let count = unit.kernels.packedCount(
      unit.factors, taps: taps, channels: shape.channels, columns: shape.outputChannels)
    for group in groups {
      var arguments = ConvolutionArguments(
        window: shape.window, input: shape.input(source, group: group), weights: state.pointer(weights) + group * count,
        output: shape.output(target, group: group),
        epilogue: epilogue.resolved(in: state, firstChannel: group * shape.outputChannels), pixels: pixels,
        columns: columns, scratch: scratch)
      let narrow = NarrowImages(
        input: narrow.input.map { $0 + group * shape.channels },
        output: narrow.output.map { $0 + group * shape.outputChannels })
      var first = pixels.lowerBound
      while first < pixels.upperBound {
        arguments.pixels = first..<min(first + limit, pixels.upperBound)
        let skipped = unit.kernels.convolve(arguments, unit.factors, narrow)
        if skipped != 0 { convolveDirectly(arguments, skipped, shape, group, state) }
        first = arguments.pixels.upperBound
      }
    }
  }

  /// Computes the positions whose bit is set in `skipped` with products of float32 numbers.
  private func convolveDirectly(
    _ whole: ConvolutionArguments, _ skipped: UInt64, _ shape: ConvolutionShape, _ group: Int, _ state: RunState
  ) {
    guard let direct else { preconditionFailure("only positions with split factors are left out") }
    let taps = shape.window.height * shape.window.width
    let count = direct.kernels.packedCount(rows: taps * shape.channels, columns: shape.outputChannels)
    var arguments = whole
    arguments.weights = UnsafePointer(state.pointer(direct.weights)) + group * count
    for index in 0..<whole.pixels.count where skipped >> UInt64(index) & 1 == 1 {
      let pixel = whole.pixels.lowerBound + index
      arguments.pixels = pixel..<pixel + 1
      direct.kernels.convolve(arguments)
    }
  }
}
