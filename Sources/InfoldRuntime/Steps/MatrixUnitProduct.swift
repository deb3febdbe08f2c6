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
  func scratchByteCount(taps: Int, channels: Int, columns: Int) -> Int {
    let ofUnit = unit.kernels.convolutionScratch(unit.factors, taps: taps, channels: channels)
    guard let direct else { return ofUnit }
    return DirectScratch(direct, ofUnit: ofUnit, taps: taps, channels: channels, columns: columns).byteCount
  }

  /// Computes some output positions and channels of some groups.
  ///
  /// - Parameter narrow: The input and the output if they are stored as bfloat16 numbers. They
  ///   replace `source` and `target`.
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
      var narrow = narrow
      narrow.input = narrow.input.map { $0 + group * shape.channels }
      narrow.output = narrow.output.map { $0 + group * shape.outputChannels }
      var first = pixels.lowerBound
      while first < pixels.upperBound {
        arguments.pixels = first..<min(first + limit, pixels.upperBound)
        let skipped = unit.kernels.convolve(arguments, unit.factors, narrow)
        if skipped != 0 { convolveDirectly(arguments, narrow, skipped, shape, group, state) }
        first = arguments.pixels.upperBound
      }
    }
  }

  /// Computes the positions whose bit is set in `skipped` with products of float32 numbers: of the
  /// sums x₁ + x₂ of split factors, whether the input is stored as their parts or not.
  private func convolveDirectly(
    _ whole: ConvolutionArguments, _ narrow: NarrowImages, _ skipped: UInt64, _ shape: ConvolutionShape, _ group: Int,
    _ state: RunState
  ) {
    guard let direct else { preconditionFailure("only positions with split factors are left out") }
    let taps = shape.window.height * shape.window.width, length = taps * shape.channels
    let scratch = DirectScratch(
      direct, ofUnit: unit.kernels.convolutionScratch(unit.factors, taps: taps, channels: shape.channels), taps: taps,
      channels: shape.channels, columns: shape.outputChannels)
    let factors = (whole.scratch + scratch.factors).assumingMemoryBound(to: Float.self)
    let results = (whole.scratch + scratch.results).assumingMemoryBound(to: Float.self)
    let count = direct.kernels.packedCount(rows: length, columns: shape.outputChannels)
    let weights = UnsafePointer(state.pointer(direct.weights)) + group * count
    for index in 0..<whole.pixels.count where skipped >> UInt64(index) & 1 == 1 {
      let pixel = whole.pixels.lowerBound + index, place = pixel * whole.output.pixelStride
      var position = whole
      position.pixels = pixel..<pixel + 1
      unit.kernels.readFactors(position, narrow, into: factors)
      // The factors are one pixel of a pointwise convolution.
      var epilogue = whole.epilogue
      epilogue.residual = epilogue.residual.map { $0 + pixel * epilogue.residualPixelStride }
      direct.kernels.convolve(
        ConvolutionArguments(
          window: ImageWindow(height: 1, width: 1),
          input: InputImages(base: factors, count: 1, height: 1, width: 1, channels: length), weights: weights,
          output: OutputImages(
            base: narrow.output == nil ? whole.output.base + place : results, count: 1, height: 1, width: 1,
            channels: whole.output.channels),
          epilogue: epilogue, pixels: 0..<1, columns: whole.columns, scratch: whole.scratch))
      guard let target = narrow.output else { continue }
      let first = whole.columns.lowerBound, columns = whole.columns.count
      unit.kernels.store(
        Pixels(results + first, channels: columns, pixelStride: columns), count: 1, unit.factors,
        to: target + place + first, planeStride: narrow.outputPlaneStride)
    }
  }
}

/// The parts of the scratch memory for products of float32 numbers, as offsets in bytes.
private struct DirectScratch {
  let factors, results, byteCount: Int

  init(_ direct: MatrixUnitProduct.Direct, ofUnit: Int, taps: Int, channels: Int, columns: Int) {
    let length = taps * channels
    factors = ArenaLayout.aligned(max(ofUnit, direct.kernels.convolutionScratch(taps: 1, channels: length)))
    results = factors + ArenaLayout.aligned(length * MemoryLayout<Float>.stride)
    byteCount = results + ArenaLayout.aligned(columns * MemoryLayout<Float>.stride)
  }
}

extension UnsafeMutablePointer<Float> {
  /// The same address, for an image that is stored as bfloat16 numbers.
  var narrowNumbers: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt16.self)
  }
}
