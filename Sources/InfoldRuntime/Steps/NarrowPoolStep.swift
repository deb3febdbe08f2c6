import InfoldKernelInterface

/// A maximum pool of bfloat16 numbers.
struct NarrowPoolStep: RowStep {
  private let pool: PoolStep
  private let kernels: any MatrixUnitKernels.Type
  let input: Location
  let output: Location

  /// - Parameter pool: A maximum pool.
  init(_ pool: PoolStep, _ kernels: any MatrixUnitKernels.Type) {
    (self.pool, self.kernels) = (pool, kernels)
    var (input, output) = (pool.input, pool.output)
    (input.format, output.format) = (.bfloat16, .bfloat16)
    (self.input, self.output) = (input, output)
  }

  private var rows: Range<Int> { 0..<pool.result.images * pool.result.height }

  var weightByteCount: Int { 0 }
  var storedRows: StoredRows? { pool.storedRows }

  var dependency: RowDependency? {
    var dependency = pool.dependency
    dependency?.inputStride = input.format.floats(forElements: pool.image.width * input.pixelStride)
    dependency?.outputStride = output.format.floats(forElements: pool.result.width * output.pixelStride)
    return dependency
  }

  func tasks(phase: Int, workers: Int) -> Int { max(1, min(pool.tasks(phase: phase, workers: workers), rows.count)) }

  func work(phase: Int, task: Int, of count: Int) -> Int { rows.part(task, of: count).count }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    run(
      rows: rows.part(task, of: count), from: state.firstRow(input), to: state.firstRow(output),
      scratch: state.scratch(of: worker), in: state)
  }

  func run(
    rows: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer, in state: RunState
  ) {
    kernels.maximumPool(
      pool.window, pool.image.input(source.narrowNumbers, input), pool.result.output(target.narrowNumbers, output),
      rows: rows)
  }
}
