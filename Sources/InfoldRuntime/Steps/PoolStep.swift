import InfoldKernelInterface
import InfoldTensor

/// A pool of windows.
struct PoolStep: WindowRowStep {
  let kernels: any LanewiseKernels.Type
  let image: ImageShape
  let result: ImageShape
  let window: ImageWindow
  let operation: PoolOperation
  let padBottom: Int
  let padRight: Int
  let input: Location
  let output: Location
  var sharesChannels = false

  /// Of a window, only what lies in the picture is looked at.
  var cost: Int {
    saturatedProduct(result.count, min(window.height, image.height), min(window.width, image.width))
  }

  var weightByteCount: Int { 0 }

  func run(
    rows: Range<Int>, channels: Range<Int>, from source: UnsafeMutablePointer<Float>,
    to target: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, in state: RunState
  ) {
    let (input, output) = images(channels, from: source, to: target)
    kernels.pool(
      PoolArguments(
        input: input, output: output, window: window, operation: operation, padBottom: padBottom, padRight: padRight),
      rows: rows)
  }
}
