import InfoldKernelInterface

/// A convolution whose weights are computed at run time. The first phase packs them. Kernels
/// multiply the zeros of padding by weights, which gives NaN for non-finite weights. In that case
/// the sums are computed by definition.
struct VariableConvolutionStep: Step {
  /// The format of the weights, which determines the kernel.
  enum Packing {
    /// Depthwise.
    case depthwise
    /// Small groups of channels, with the scratch memory that they need.
    case lanes(scratchByteCount: Int)
    /// Panels of each group.
    case panels
  }

  /// The convolution with the packed weights in planned memory.
  let convolution: ConvolutionStep
  /// The step that multiplies: the convolution itself, or the step for another packing.
  let multiplication: any Step
  let geometry: ConvolutionGeometry
  let packing: Packing
  let kernels: any ConvolutionKernels.Type
  /// The weights [M, C / groups, taps].
  let weights: Location
  /// For every unit of the packing, 1 if its weights are finite.
  let areFinite: Location

  var phases: Int { 2 }

  var scratchByteCount: Int { multiplication.scratchByteCount }

  private var units: Int { packing.units(geometry, kernels) }
  private var weightsOfFilter: Int { geometry.groupChannels * geometry.tapCount }

  func tasks(phase: Int, workers: Int) -> Int {
    guard phase == 0 else { return multiplication.tasks(phase: 0, workers: workers) }
    return RangeStep.tasks(units: units, cost: weightsOfFilter * geometry.output.channels, workers: workers)
  }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    phase == 0 ? (0..<units).part(task, of: count).count : multiplication.work(phase: 0, task: task, of: count)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    if phase == 0 {
      for unit in (0..<units).part(task, of: count) { pack(unit, in: state) }
    } else if UnsafeBufferPointer(start: state.pointer(areFinite), count: units).allSatisfy({ $0 == 1 }) {
      multiplication.run(phase: 0, task: task, of: count, worker: worker, in: state)
    } else {
      convolve(task, of: count, in: state)
    }
  }

  private func pack(_ unit: Int, in state: RunState) {
    let source = UnsafePointer(state.pointer(weights)), packed = state.pointer(convolution.weights)
    let filters: Range<Int>
    switch packing {
    case .depthwise:
      filters = 0..<geometry.output.channels
      kernels.packDepthwiseWeights(
        source, kernelHeight: geometry.window.height, kernelWidth: geometry.window.width,
        channels: geometry.output.channels, into: packed)
    case .lanes:
      filters = 0..<geometry.output.channels
      kernels.packGroupedWeights(
        source, geometry.channelGroups, rows: geometry.depth.size * geometry.window.height,
        columns: geometry.window.width, into: packed)
    case .panels:
      let (group, panel) = unit.quotientAndRemainder(dividingBy: units / geometry.groups)
      let columns = (panel..<panel + 1).scaled(by: kernels.panelWidth, to: geometry.groupOutputs)
      let first = group * geometry.groupOutputs
      filters = first + columns.lowerBound..<first + columns.upperBound
      kernels.pack(
        PackArguments(
          source: source + first * weightsOfFilter, taps: geometry.tapCount, channels: geometry.groupChannels,
          tapStride: 1, channelStride: geometry.tapCount, columnStride: weightsOfFilter,
          columnCount: geometry.groupOutputs, columns: columns,
          packed: packed + group * kernels.packedCount(rows: weightsOfFilter, columns: geometry.groupOutputs)))
    }
    let own = UnsafeBufferPointer(
      start: source + filters.lowerBound * weightsOfFilter, count: filters.count * weightsOfFilter)
    state.pointer(areFinite)[unit] = !geometry.readsPadding || own.holdsFiniteNumbersOnly ? 1 : 0
  }

  /// Computes some rows of the result by definition.
  private func convolve(_ task: Int, of count: Int, in state: RunState) {
    let (window, depth, input) = (geometry.window, geometry.depth, geometry.input)
    let (height, width, channels) = (geometry.output.height, geometry.output.width, geometry.groupChannels)
    let (x, y, w) = (state.pointer(convolution.input), state.pointer(convolution.output), state.pointer(weights))
    let (source, target) = (convolution.shape.pixelStride, convolution.shape.outputPixelStride)
    guard case .floats(_, let epilogue) = convolution.kernel else {
      preconditionFailure("a quantized convolution has constant weights")
    }
    let bias = epilogue.bias.map { state.pointer($0) }
    for row in (0..<geometry.output.images * height).part(task, of: count) {
      let (plane, top) = (row / height, row % height * window.strideY - window.padTop)
      let (volume, front) = (
        plane / depth.outputDepth, plane % depth.outputDepth * depth.stride - depth.padFront
      )
      for column in 0..<width {
        let left = column * window.strideX - window.padLeft
        for filter in 0..<geometry.output.channels {
          let first = filter / geometry.groupOutputs * channels
          var sum = bias?[filter] ?? 0
          for tap in 0..<geometry.tapCount {
            let z = front + tap / (window.height * window.width) * depth.dilation
            let line = top + tap / window.width % window.height * window.dilationY
            let place = left + tap % window.width * window.dilationX
            guard z >= 0, z < depth.inputDepth, line >= 0, line < input.height, place >= 0, place < input.width else {
              continue
            }
            let pixel = x + (((volume * depth.inputDepth + z) * input.height + line) * input.width + place) * source
            for channel in 0..<channels {
              sum += pixel[first + channel] * w[(filter * channels + channel) * geometry.tapCount + tap]
            }
          }
          y[(row * width + column) * target + filter] = sum
        }
      }
    }
  }
}

extension VariableConvolutionStep.Packing {
  init(_ geometry: ConvolutionGeometry, _ kernels: any ConvolutionKernels.Type) {
    if geometry.isDepthwise, geometry.depth == .flat {
      self = .depthwise
    } else if geometry.suitsLanes(kernels),
      let scratchByteCount = kernels.groupedConvolutionScratch(
        geometry.channelGroups, geometry.window, geometry.depth, outputWidth: geometry.output.width)
    {
      self = .lanes(scratchByteCount: scratchByteCount)
    } else {
      self = .panels
    }
  }

  /// The algorithm in plans.
  var algorithm: String {
    switch self {
    case .depthwise: "depthwise, packed in the run"
    case .lanes: "lanes, packed in the run"
    case .panels: "packed in the run"
    }
  }

  /// Returns the number of packed elements.
  func count(_ geometry: ConvolutionGeometry, _ kernels: any ConvolutionKernels.Type) -> Int {
    switch self {
    case .depthwise:
      kernels.depthwiseWeightCount(
        kernelHeight: geometry.window.height, kernelWidth: geometry.window.width, channels: geometry.output.channels)
    case .lanes: kernels.groupedWeightCount(geometry.channelGroups, taps: geometry.tapCount)
    case .panels:
      geometry.groups
        * kernels.packedCount(rows: geometry.tapCount * geometry.groupChannels, columns: geometry.groupOutputs)
    }
  }

  /// Returns the number of parts that are packed independently.
  func units(_ geometry: ConvolutionGeometry, _ kernels: any ConvolutionKernels.Type) -> Int {
    switch self {
    case .depthwise, .lanes: 1
    case .panels: geometry.groups * ((geometry.groupOutputs + kernels.panelWidth - 1) / kernels.panelWidth)
    }
  }
}
