import InfoldKernelInterface

/// A convolution with packed weights that reads each tap directly from the input. With a 1×1
/// window, it is a matrix product.
struct ConvolutionStep: Step {
  /// The kernels, and what is done with the sums.
  enum Kernel: Sendable {
    case floats(any ConvolutionKernels.Type, PlannedEpilogue)
    /// Products of bfloat16 numbers. The shape has no depth.
    case bfloat16(MatrixUnitProduct)
    /// Products of bytes. The shape has no depth.
    /// - Parameter padding: The value of positions outside the image.
    case bytes(ByteProducts, PlannedRequantization, padding: UInt8)
  }

  var kernel: Kernel
  /// The shape of one group, except for the pixel strides. The pointers are set during a run.
  var shape: ConvolutionShape
  var groups = 1
  /// The axis that threads divide, if it was measured.
  var measuredAxis: SharedAxis?
  var input: Location
  /// The packed weights of all groups, in sequence.
  var weights: Location
  var output: Location

  private var taps: Int { shape.depth.size * shape.window.height * shape.window.width }
  private var rows: Int { shape.images * shape.outputHeight * shape.outputWidth }

  var scratchByteCount: Int {
    switch kernel {
    case .floats(let kernels, _):
      // A single plane of taps may need more than all planes together.
      max(
        kernels.convolutionScratch(taps: taps, channels: shape.channels),
        kernels.convolutionScratch(taps: taps / shape.depth.size, channels: shape.channels))
    case .bfloat16(let product):
      product.scratchByteCount(taps: taps, channels: shape.channels, columns: shape.outputChannels)
    case .bytes(let products, _, _): products.kernels.convolutionScratch(taps: taps, channels: shape.channels)
    }
  }

  private var panelWidth: Int {
    switch kernel {
    case .floats(let kernels, _): kernels.panelWidth
    case .bfloat16(let product): product.panelWidth
    case .bytes(let products, _, _): products.kernels.panelWidth
    }
  }

  private var partition: ConvolutionPartition {
    let tileRows =
      switch kernel {
      case .floats: 6
      case .bfloat16: 16
      case .bytes(let products, _, _): products.tileRows
      }
    return ConvolutionPartition(
      rows: rows, columns: shape.outputChannels, groups: groups, tileRows: tileRows, panelWidth: panelWidth,
      axis: sharedAxis)
  }

  /// The axis that threads divide.
  var sharedAxis: SharedAxis { measuredAxis ?? (prefersChannels ? .channels : .positions) }

  var sharesChannels: Bool { sharedAxis == .channels }

  /// Returns the maximum number of tasks along an axis.
  func parts(along axis: SharedAxis) -> Int { partition.parts(along: axis) }

  /// Whether threads should divide the output channels. They do so if there are more weights than
  /// elements of the input and the result, which then move between threads.
  private var prefersChannels: Bool {
    guard groups == 1 else { return shape.outputChannels > rows }
    guard shape.outputChannels > panelWidth else { return false }
    let inputCount = shape.inputImages * shape.height * shape.width * shape.channels
    return taps * shape.channels * shape.outputChannels > inputCount + rows * shape.outputChannels
  }

  /// The number of multiplications that takes as long as starting another thread.
  private var smallestWork: Int {
    switch kernel {
    case .floats: 1 << 16
    case .bfloat16, .bytes: 1 << 18
    }
  }

  func tasks(phase: Int, workers: Int) -> Int {
    let work = rows * shape.outputChannels * shape.channels * taps * groups
    let sharing = ThreadHeuristic.count(work: work / smallestWork, workers: workers)
    return sharing > 1 ? partition.tasks(workers: sharing) : 1
  }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    var work = 0
    partition.forEachPart(ofTask: task, of: count) { work += $0.count * $1.count * $2.count }
    return work
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    let (partition, scratch) = (partition, state.scratch(of: worker))
    switch kernel {
    case .floats(let kernels, let epilogue):
      let (source, target) = (state.pointer(input), state.pointer(output))
      partition.forEachPart(ofTask: task, of: count) { groups, pixels, columns in
        convolve(kernels, epilogue, groups, pixels, columns, from: source, to: target, scratch, state)
      }
    case .bfloat16(let product):
      let (source, target) = (state.firstRow(input), state.firstRow(output))
      let narrow = narrowImages(from: source, to: target)
      partition.forEachPart(ofTask: task, of: count) { groups, pixels, columns in
        product.convolve(shape, weights, groups, pixels, columns, from: source, to: target, narrow, scratch, state)
      }
    case .bytes(let products, let requantization, let padding):
      let kernels = products.kernels
      let weightCount = kernels.packedByteCount(taps: taps, channels: shape.channels, columns: shape.outputChannels)
      partition.forEachPart(ofTask: task, of: count) { groups, pixels, columns in
        for group in groups {
          kernels.convolve(
            ByteConvolutionArguments(
              window: shape.window, input: shape.input(state.bytes(input), group: group), padding: padding,
              weights: state.address(weights).assumingMemoryBound(to: Int8.self) + group * weightCount,
              output: shape.output(state.bytes(output), group: group),
              requantization: requantization.resolved(in: state, group: group), pixels: pixels, columns: columns,
              scratch: scratch))
        }
      }
    }
  }
}

extension ConvolutionStep: RowStep {
  var dependency: RowDependency? {
    guard shape.images == 1, shape.depth == .flat else { return nil }
    if case .bytes = kernel { return nil }
    return RowDependency(
      shape.window, inputRows: shape.height,
      inputStride: input.format.floats(forElements: shape.width * shape.pixelStride), outputRows: shape.outputHeight,
      outputStride: output.format.floats(forElements: shape.outputWidth * shape.outputPixelStride))
  }

  var storedRows: StoredRows? {
    guard shape.depth == .flat else { return nil }
    return StoredRows(
      count: shape.images * shape.outputHeight, pixels: shape.outputWidth, channels: groups * shape.outputChannels,
      pixelStride: shape.outputPixelStride)
  }

  var weightByteCount: Int {
    let count =
      switch kernel {
      case .bfloat16(let product):
        product.unit.kernels.packedCount(
          product.unit.factors, taps: taps, channels: shape.channels, columns: shape.outputChannels)
      case .floats, .bytes: taps * shape.channels * shape.outputChannels
      }
    return count * groups * MemoryLayout<Float>.stride
  }

  func run(
    rows: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer, in state: RunState
  ) {
    let pixels = rows.lowerBound * shape.outputWidth..<rows.upperBound * shape.outputWidth
    let columns = 0..<shape.outputChannels
    switch kernel {
    case .floats(let kernels, let epilogue):
      convolve(kernels, epilogue, 0..<groups, pixels, columns, from: source, to: target, scratch, state)
    case .bfloat16(let product):
      product.convolve(
        shape, weights, 0..<groups, pixels, columns, from: source, to: target,
        narrowImages(from: source, to: target), scratch, state)
    case .bytes: preconditionFailure("a quantized convolution does not run row by row")
    }
  }

  /// Returns the addresses of the images that are stored as bfloat16 numbers.
  private func narrowImages(
    from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>
  ) -> NarrowImages {
    var images = NarrowImages(
      inputPlaneStride: input.format.planeStride, outputPlaneStride: output.format.planeStride)
    if input.format.isNarrow { images.input = UnsafePointer(source.narrowNumbers) }
    if output.format.isNarrow { images.output = target.narrowNumbers }
    return images
  }

  private func convolve(
    _ kernels: any ConvolutionKernels.Type, _ epilogue: PlannedEpilogue, _ groups: Range<Int>, _ pixels: Range<Int>,
    _ columns: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutableRawPointer, _ state: RunState
  ) {
    let weightCount = kernels.packedCount(rows: taps * shape.channels, columns: shape.outputChannels)
    let whole = ConvolutionArguments(
      window: shape.window, input: shape.input(source, group: groups.lowerBound),
      weights: state.pointer(weights) + groups.lowerBound * weightCount,
      output: shape.output(target, group: groups.lowerBound),
      epilogue: epilogue.resolved(in: state, firstChannel: groups.lowerBound * shape.outputChannels), pixels: pixels,
      columns: columns,
      groups: ConvolutionGroups(
        count: groups.count, outputChannels: shape.outputChannels, weightCount: weightCount),
      scratch: scratch)
    guard shape.depth != .flat else { return kernels.convolve(whole) }
    let pixelsOfPlane = shape.outputHeight * shape.outputWidth
    var pixel = pixels.lowerBound
    while pixel < pixels.upperBound {
      let (plane, first) = pixel.quotientAndRemainder(dividingBy: pixelsOfPlane)
      let count = min(pixelsOfPlane - first, pixels.upperBound - pixel)
      kernels.convolve(whole.plane(plane, of: shape, pixels: first..<first + count, panelWidth: kernels.panelWidth))
      pixel += count
    }
  }
}

extension ConvolutionArguments {
  /// Returns the arguments for pixels of one plane of a volume, with the planes of the window that
  /// lie inside the input.
  fileprivate func plane(
    _ plane: Int, of shape: ConvolutionShape, pixels: Range<Int>, panelWidth: Int
  ) -> ConvolutionArguments {
    let depth = shape.depth
    let (volume, z) = plane.quotientAndRemainder(dividingBy: depth.outputDepth)
    let taps = depth.taps(at: z)
    let inputStride = input.height * input.width * input.pixelStride
    let weightsOfPlane = window.height * window.width * input.channels * panelWidth
    let pixelsBefore = plane * output.height * output.width
    var arguments = self
    (arguments.planes, arguments.planeStride) = (taps.count, depth.dilation * inputStride)
    (arguments.input.count, arguments.output.count) = (1, 1)
    arguments.input.base += (volume * depth.inputDepth + taps.first) * inputStride
    arguments.weights += taps.skipped * weightsOfPlane
    arguments.panelStride = depth.size * weightsOfPlane
    arguments.output.base += pixelsBefore * output.pixelStride
    arguments.epilogue.residual = epilogue.residual.map { $0 + pixelsBefore * epilogue.residualPixelStride }
    arguments.pixels = pixels
    return arguments
  }
}

/// The sizes of a convolution.
struct ConvolutionShape: Sendable {
  /// The number of images written. Planes of volumes count as images.
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
  var depth = DepthWindow.flat

  /// The number of images read.
  var inputImages: Int { images / depth.outputDepth * depth.inputDepth }

  /// Returns the input of one group. `base` is the address of the first element of the images.
  func input<Element>(_ base: UnsafeMutablePointer<Element>, group: Int = 0) -> InputImages<Element> {
    InputImages(
      base: base + group * channels, count: inputImages, height: height, width: width, channels: channels,
      pixelStride: pixelStride)
  }

  /// Returns the output of one group. `base` is the address of the first element of the images.
  func output<Element>(_ base: UnsafeMutablePointer<Element>, group: Int = 0) -> OutputImages<Element> {
    OutputImages(
      base: base + group * outputChannels, count: images, height: outputHeight, width: outputWidth,
      channels: outputChannels, pixelStride: outputPixelStride)
  }
}

extension ConvolutionShape {
  /// Creates the shape of one group's convolution.
  init(_ problem: some ConvolutionSizes, input: Location, output: Location) {
    self.init(
      images: problem.output.images, height: problem.input.height, width: problem.input.width,
      channels: problem.groupChannels, pixelStride: input.pixelStride, outputHeight: problem.output.height,
      outputWidth: problem.output.width, outputChannels: problem.groupOutputs, outputPixelStride: output.pixelStride,
      window: problem.window, depth: problem.depth)
  }

  /// Returns the same convolution of padded images with few channels, where each row of the window
  /// counts as one pixel.
  func rowsAsPixels(of problem: some ConvolutionSizes) -> ConvolutionShape {
    var shape = self
    (shape.height, shape.width) = problem.reach
    (shape.channels, shape.pixelStride) = (window.width * problem.input.channels, problem.input.channels)
    shape.window = ImageWindow(
      height: window.height, width: 1, strideY: window.strideY, strideX: window.strideX, dilationY: window.dilationY)
    return shape
  }
}

/// The epilogue of a step, with locations instead of pointers.
struct PlannedEpilogue: Sendable {
  var bias: Location?
  var residual: Location?
  var activation = Activation.identity
  var activatesFirst = false

  /// Returns the epilogue for a run, for the output channels starting at `firstChannel`.
  func resolved(in state: RunState, firstChannel: Int = 0) -> Epilogue {
    Epilogue(
      bias: bias.map { UnsafePointer(state.pointer($0) + firstChannel) },
      residual: residual.map { UnsafePointer(state.pointer($0) + firstChannel) },
      residualPixelStride: residual?.pixelStride ?? 0, activation: activation, activatesFirst: activatesFirst)
  }
}
