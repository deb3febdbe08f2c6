import InfoldKernelInterface

/// An LSTM with the activations that ONNX gives it: first what the inputs add to all gates, as one product, then position by position
/// what the state adds, and the new state.
struct LSTMStep: Step {
  /// The sizes of a recurrent operator, and the order of its sequences.
  struct Shape: Sendable {
    var length: Int
    var batch: Int
    var inputSize: Int
    var hiddenSize: Int
    /// For each direction, whether it runs from the end of the sequences.
    var isReversed: [Bool]
    var isBatchFirst: Bool

    var directions: Int { isReversed.count }
    /// The numbers of all gates: i, o, f and c, behind one another.
    var gateCount: Int { 4 * hiddenSize }
    /// The rows of X.
    var rows: Int { length * batch }
    /// The rows of X from one sequence to the next at the same position.
    var sequenceStride: Int { isBatchFirst ? length : 1 }
    /// The rows of X from one position to the next.
    var positionStride: Int { isBatchFirst ? 1 : batch }
    /// The place of a direction's state of the first sequence.
    func state(_ direction: Int) -> Int { direction * hiddenSize * (isBatchFirst ? 1 : batch) }
    /// The numbers from the state of one sequence to that of the next.
    var stateStride: Int { hiddenSize * (isBatchFirst ? directions : 1) }
    /// The place in Y of what a direction gives of the first sequence at a position.
    func result(_ direction: Int, _ position: Int) -> Int {
      isBatchFirst
        ? (position * directions + direction) * hiddenSize : (position * directions + direction) * batch * hiddenSize
    }
    /// The numbers in Y from one sequence to the next.
    var resultStride: Int { isBatchFirst ? length * directions * hiddenSize : hiddenSize }
  }

  /// What a direction multiplies with.
  struct Weights: Sendable {
    var input: Location
    var state: Location
    var bias: Location?
  }

  let products: any ConvolutionKernels.Type
  let kernels: any KernelSet.Type
  let shape: Shape
  let x: Location
  let weights: [Weights]
  /// The states at the beginning; `nil` for zeros.
  let initial: (hidden: Location?, cell: Location?)
  /// Memory for the gates of every row of X, in each direction.
  let gates: Location
  /// The states, in the end those behind the last position.
  let hidden: Location
  let cell: Location
  /// The hidden state at every position; `nil` where nobody reads it.
  let y: Location?

  var phases: Int { 2 }

  var scratchByteCount: Int {
    products.convolutionScratch(taps: 1, channels: max(shape.inputSize, shape.hiddenSize))
  }

  func tasks(phase: Int, workers: Int) -> Int {
    let sharing = WorthwhileThreads.count(
      multiplications: shape.rows * shape.gateCount * shape.inputSize, workers: workers)
    guard sharing > 1 else { return 1 }
    return phase == 0 ? min(2 * sharing, shape.directions * shape.rows) : shape.directions
  }

  private func part(_ phase: Int, _ task: Int, of count: Int) -> Range<Int> {
    (0..<(phase == 0 ? shape.directions * shape.rows : shape.directions)).part(task, of: count)
  }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    part(phase, task, of: count).count * (phase == 0 ? shape.inputSize : shape.rows * shape.hiddenSize)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    let part = part(phase, task, of: count)
    guard phase == 0 else {
      for direction in part { advance(direction, worker, frame) }
      return
    }
    for direction in 0..<shape.directions {
      let first = direction * shape.rows
      let rows = part.clamped(to: first..<first + shape.rows)
      if !rows.isEmpty { addInputs(direction, rows.lowerBound - first..<rows.upperBound - first, worker, frame) }
    }
  }

  /// What rows of X add to the gates.
  private func addInputs(_ direction: Int, _ rows: Range<Int>, _ worker: Int, _ frame: Frame) {
    multiply(
      frame.pointer(x), channels: shape.inputSize, pixelStride: shape.inputSize, by: weights[direction].input,
      to: frame.pointer(gates) + direction * shape.rows * shape.gateCount, pixelStride: shape.gateCount, of: shape.rows,
      Epilogue(bias: weights[direction].bias.map { UnsafePointer(frame.pointer($0)) }), rows, worker, frame)
  }

  private func multiply(
    _ left: UnsafePointer<Float>, channels: Int, pixelStride leftStride: Int, by right: Location,
    to result: UnsafeMutablePointer<Float>, pixelStride resultStride: Int, of count: Int, _ epilogue: Epilogue,
    _ rows: Range<Int>, _ worker: Int, _ frame: Frame
  ) {
    products.convolve(
      ConvolutionArguments(
        window: ImageWindow(height: 1, width: 1),
        input: InputImages(
          base: left, count: 1, height: 1, width: count, channels: channels, pixelStride: leftStride),
        weights: frame.pointer(right),
        output: OutputImages(
          base: result, count: 1, height: 1, width: count, channels: shape.gateCount, pixelStride: resultStride),
        epilogue: epilogue, pixels: rows, columns: 0..<shape.gateCount, scratch: frame.scratch(of: worker)))
  }

  /// Goes through the positions of all sequences.
  private func advance(_ direction: Int, _ worker: Int, _ frame: Frame) {
    let size = shape.hiddenSize
    let state = Rows(kernels: kernels, count: shape.batch, width: size)
    let h = Rows.Place(frame.pointer(hidden) + shape.state(direction), shape.stateStride)
    let c = Rows.Place(frame.pointer(cell) + shape.state(direction), shape.stateStride)
    for (place, given) in [(h, initial.hidden), (c, initial.cell)] {
      if let given {
        state.apply(.identity, Rows.Place(frame.pointer(given) + shape.state(direction), shape.stateStride), to: place)
      } else {
        state.clear(place)
      }
    }
    for step in 0..<shape.length {
      let position = shape.isReversed[direction] ? shape.length - 1 - step : step
      let row = direction * shape.rows + position * shape.positionStride
      let all = Rows.Place(frame.pointer(gates) + row * shape.gateCount, shape.sequenceStride * shape.gateCount)
      multiply(
        h.base, channels: size, pixelStride: h.stride, by: weights[direction].state, to: all.base,
        pixelStride: all.stride, of: shape.batch, Epilogue(residual: all.base, residualPixelStride: all.stride),
        0..<shape.batch, worker, frame)
      let (input, output, forget, candidate) = (all, all + size, all + 2 * size, all + 3 * size)
      Rows(kernels: kernels, count: shape.batch, width: 3 * size).apply(.sigmoid, input, to: input)
      state.apply(.tanh, candidate, to: candidate)
      state.apply(.multiply, input, candidate, to: input)
      state.apply(.multiply, forget, c, to: c)
      state.apply(.add, c, input, to: c)
      state.apply(.tanh, c, to: candidate)
      state.apply(.multiply, output, candidate, to: h)
      if let y {
        let result = Rows.Place(frame.pointer(y) + shape.result(direction, position), shape.resultStride)
        state.apply(.identity, h, to: result)
      }
    }
  }
}

/// Element-wise kernels on rows of numbers that lie apart.
private struct Rows {
  let kernels: any KernelSet.Type
  let count: Int
  let width: Int

  /// Where the first row begins, and the numbers from one to the next.
  struct Place {
    var base: UnsafeMutablePointer<Float>
    var stride: Int

    init(_ base: UnsafeMutablePointer<Float>, _ stride: Int) {
      self.base = base
      self.stride = stride
    }

    static func + (place: Place, offset: Int) -> Place { Place(place.base + offset, place.stride) }

    var input: ElementwiseInput { ElementwiseInput(base, imageStride: 0, pixelStride: stride, channelStride: 1) }
    var output: ElementwiseOutput { ElementwiseOutput(base, imageStride: 0, pixelStride: stride) }
  }

  private var shape: ElementwiseShape { ElementwiseShape(pixels: count, channels: width) }

  func apply(_ function: UnaryFunction, _ x: Place, to y: Place) {
    kernels.unary(UnaryArguments(function, shape: shape, input: x.input, output: y.output), pixels: 0..<count)
  }

  func apply(_ function: BinaryFunction, _ a: Place, _ b: Place, to y: Place) {
    kernels.binary(
      BinaryArguments(
        function, activation: .identity, shape: shape, left: a.input, right: b.input, output: y.output),
      pixels: 0..<count)
  }

  func clear(_ place: Place) {
    for row in 0..<count { (place.base + row * place.stride).update(repeating: 0, count: width) }
  }
}
