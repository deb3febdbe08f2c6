import InfoldKernelInterface
import InfoldTensor

/// A pool of windows.
struct PoolStep: RowStep {
  let kernels: any KernelSet.Type
  let image: ImageShape
  let result: ImageShape
  let window: ImageWindow
  let operation: PoolOperation
  let padBottom: Int
  let padRight: Int
  let input: Location
  let output: Location

  private var units: Int { result.images * result.height }

  func tasks(phase: Int, workers: Int) -> Int {
    // Of a window, only what lies in the picture is looked at.
    let cost = saturatedProduct(result.count, min(window.height, image.height), min(window.width, image.width))
    return RangeStep.tasks(units: units, cost: cost, workers: workers)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    run(
      rows: (0..<units).part(task, of: count), from: frame.pointer(input), to: frame.pointer(output),
      scratch: frame.scratch(of: worker), in: frame)
  }

  var dependency: RowDependency? {
    result.images == 1 ? RowDependency(window, image, input, result, output) : nil
  }

  var weightByteCount: Int { 0 }

  func run(
    rows: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer, in frame: Frame
  ) {
    kernels.pool(
      PoolArguments(
        input: image.input(source, input), output: result.output(target, output), window: window,
        operation: operation, padBottom: padBottom, padRight: padRight),
      rows: rows)
  }
}
