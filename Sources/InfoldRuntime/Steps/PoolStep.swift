import InfoldKernelInterface
import InfoldTensor

/// A pooling over windows.
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

  /// Only the part of a window inside the image is read.
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
