import InfoldKernelInterface

/// A pooling of a square image.
struct PoolSubject: Subject {
  private let kernels: any KernelSet.Type
  private let arguments: PoolArguments
  private let memory: [Memory]

  init(
    _ kernels: any KernelSet.Type, side: Int, channels: Int, window: Int, stride: Int, operation: PoolOperation
  ) {
    let outputSide = (side + stride - 1) / stride
    let input = Memory(side * side * channels), output = Memory(outputSide * outputSide * channels)
    arguments = PoolArguments(
      input: InputImages(base: input.input, count: 1, height: side, width: side, channels: channels),
      output: OutputImages(base: output.base, count: 1, height: outputSide, width: outputSide, channels: channels),
      window: ImageWindow(
        height: window, width: window, strideY: stride, strideX: stride, padTop: window / 2, padLeft: window / 2),
      operation: operation)
    memory = [input, output]
    self.kernels = kernels
  }

  func run() {
    kernels.pool(arguments, rows: 0..<arguments.output.height)
  }
}

/// The mean of every channel of a square image.
struct GlobalPoolSubject: Subject {
  private let kernels: any KernelSet.Type
  private let arguments: GlobalPoolArguments
  private let memory: [Memory]

  init(_ kernels: any KernelSet.Type, side: Int, channels: Int) {
    let input = Memory(side * side * channels), output = Memory(channels)
    arguments = GlobalPoolArguments(
      input: InputImages(base: input.input, count: 1, height: side, width: side, channels: channels),
      output: output.base, reduction: .mean)
    memory = [input, output]
    self.kernels = kernels
  }

  func run() {
    kernels.globalPool(arguments, units: 0..<arguments.unitCount)
  }
}

/// A softmax of every row of a matrix.
struct SoftmaxSubject: Subject {
  private let kernels: any KernelSet.Type
  private let arguments: SoftmaxArguments
  private let memory: [Memory]

  init(_ kernels: any KernelSet.Type, rows: Int, columns: Int) {
    let input = Memory(rows * columns), output = Memory(rows * columns)
    arguments = SoftmaxArguments(input: input.input, output: output.base, rows: rows, columns: columns)
    memory = [input, output]
    self.kernels = kernels
  }

  func run() {
    kernels.softmax(arguments, rows: 0..<arguments.rows)
  }
}
