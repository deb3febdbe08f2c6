import InfoldKernelInterface
import InfoldOperators
import InfoldTensor

/// A convolution of volumes as one of slices: the numbers that the taps of its window along the depth read stand beside one another, as
/// channels, so that weights [M, C, k1, k2, k3] are [M, C · k1, k2, k3]. In the place of slices outside stands what the input has as zero.
struct DepthTaps: Sendable {
  /// The sizes of the volumes.
  let images: Int
  let channels: Int
  let depth: Int
  let pixels: Int
  let width: Int
  /// The slices of the result's volume.
  let outputDepth: Int
  let taps: Int
  private let stride: Int
  private let dilation: Int
  private let pad: Int

  /// - Parameter sizes: [N, C, D, H, W] of the input.
  /// - Returns: `nil` where slices would have more elements than can be counted.
  init?(_ window: SlidingWindow, _ extent: SlidingWindow.Extent, _ sizes: [Int], output: Int) {
    (images, channels, depth, pixels, width) = (sizes[0], sizes[1], sizes[2], sizes[3] * sizes[4], sizes[4])
    outputDepth = output
    (taps, stride, dilation, pad) = (window.kernel[0], window.strides[0], window.dilations[0], extent.padBefore)
    guard checkedProduct([images, outputDepth, channels, taps, pixels]) != nil else { return nil }
  }

  /// The slices that are convolved.
  var slices: Int { images * outputDepth }
  /// The rows of all slices.
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
  /// Adds the step that puts the taps along the depth beside one another.
  /// - Returns: Where they are.
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
