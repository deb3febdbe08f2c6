import InfoldKernelInterface

/// A maximum pool of bfloat16 numbers.
struct NarrowPoolStep: RowDividedStep {
  private let pool: PoolStep
  let rows: StoredRows
  private let kernels: any MatrixUnitKernels.Type
  let input: Location
  let output: Location

  /// - Parameter pool: A maximum pool.
  init(_ pool: PoolStep, _ kernels: any MatrixUnitKernels.Type) {
    (self.pool, self.kernels, rows) = (pool, kernels, pool.rowsOfResult)
    var (input, output) = (pool.input, pool.output)
    (input.format, output.format) = (.bfloat16, .bfloat16)
    (self.input, self.output) = (input, output)
  }

  var original: any RowStep { pool }

  var dependency: RowDependency? {
    var dependency = pool.dependency
    dependency?.inputStride = input.format.floats(forElements: pool.image.width * input.pixelStride)
    dependency?.outputStride = output.format.floats(forElements: pool.result.width * output.pixelStride)
    return dependency
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
