import InfoldKernelInterface
import InfoldOperators
import InfoldTensor

/// Converts a convolution of volumes to one of slices. The elements that the window's taps along
/// the depth read become adjacent channels, so that weights [M, C, k1, k2, k3] are reinterpreted as
/// [M, C · k1, k2, k3]. Slices outside the volume contain the input's zero point.
struct DepthTaps: Sendable {
  /// The number of volumes, and their sizes.
  let images: Int
  let channels: Int
  let depth: Int
  let pixels: Int
  let width: Int
  /// The number of slices of the result's volume.
  let outputDepth: Int
  let taps: Int
  private let stride: Int
  private let dilation: Int
  private let pad: Int

  /// - Parameter sizes: The input's sizes [N, C, D, H, W].
  /// - Returns: `nil` if the number of elements would overflow.
  init?(_ window: SlidingWindow, _ extent: SlidingWindow.Extent, _ sizes: [Int], output: Int) {
    (images, channels, depth, pixels, width) = (sizes[0], sizes[1], sizes[2], sizes[3] * sizes[4], sizes[4])
    outputDepth = output
    (taps, stride, dilation, pad) = (window.kernel[0], window.strides[0], window.dilations[0], extent.padBefore)
    guard checkedProduct([images, outputDepth, channels, taps, pixels]) != nil else { return nil }
  }

  /// The number of slices to convolve.
  var slices: Int { images * outputDepth }
  /// The number of rows of all slices.
  var rows: Int { slices * (pixels / width) }
  /// The sizes of the slices, with the taps as channels.
  var sizes: [Int] { [slices, channels * taps, pixels / width, width] }

  /// Writes a row of a slice.
  func write(
    row: Int, of x: UnsafePointer<UInt8>, pixelStride: Int, zero: UInt8, to y: UnsafeMutablePointer<UInt8>
  ) {
    let (slice, line) = row.quotientAndRemainder(dividingBy: pixels / width)
    let (image, place) = slice.quotientAndRemainder(dividingBy: outputDepth)
    let result = y + row * width * channels * taps
    for tap in 0..<taps {
      let source = place * stride - pad + tap * dilation
      let target = result + tap
      guard (0..<depth).contains(source) else {
        for index in 0..<(width * channels) { target[index &* taps] = zero }
        continue
      }
      let first = x + ((image * depth + source) * pixels + line * width) * pixelStride
      for pixel in 0..<width {
        let (from, to) = (first + pixel * pixelStride, target + pixel * channels * taps)
        for channel in 0..<channels { to[channel &* taps] = from[channel] }
      }
    }
  }
}

extension PlanBuilder {
  /// Adds a step that arranges the taps along the depth as adjacent channels.
  ///
  /// - Returns: The location of the result.
  mutating func emit(_ depth: DepthTaps, of input: Location, zeroPoints: IntegerZeroPoints) -> Location {
    let target = temporary(depth.sizes, input.format, .channelsLast)
    let step = RangeStep(units: depth.rows, cost: depth.sizes.reduce(1, *)) { rows, state, _ in
      let zero = UInt8(truncatingIfNeeded: zeroPoints.value(0, 0, in: state))
      for row in rows {
        depth.write(
          row: row, of: UnsafePointer(state.bytes(input)), pixelStride: input.pixelStride, zero: zero,
          to: state.bytes(target))
      }
    }
    emit(step, "taps of the depth", reads: [input, zeroPoints.place], writes: [target])
    return target
  }
}
