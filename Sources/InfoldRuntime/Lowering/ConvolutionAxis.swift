import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

/// One dimension that the window of a convolution moves over.
struct ConvolutionAxis {
  /// The positions of the input.
  var input: Int
  var output: Int
  /// Of the window's positions, those that are computed.
  var taps: Range<Int>
  var stride = 1
  var dilation = 1
  /// The padding before the input; what is cut off where it is negative.
  var pad = 0

  /// A dimension in which nothing moves.
  init(size: Int) {
    (input, output, taps) = (size, size, 0..<1)
  }

  /// Dimension `axis` of a window, without the positions at both ends that lie in the padding wherever the window is: those of widely
  /// dilated windows on small images do.
  /// - Parameter isWhole: Whether those are computed as well.
  init(_ window: SlidingWindow, _ axis: Int, input: Int, isWhole: Bool = false) throws(InfoldError) {
    let extent = try window.extent(axis, input: input)
    (self.input, output, taps) = (input, extent.output, 0..<window.kernel[axis])
    (stride, dilation, pad) = (window.strides[axis], window.dilations[axis], extent.padBefore)
    if isWhole { return }
    let read = taps.filter { readCount($0 * dilation - pad) > 0 }
    guard let first = read.first, let last = read.last else { return }
    taps = first..<last + 1
    pad -= first * dilation
  }

  /// How often a position of the window lies inside the input, which lies so far behind the input's beginning at first.
  private func readCount(_ distance: Int) -> Int {
    WindowTaps.elements(before: input, from: distance, size: output, dilation: stride)
      - WindowTaps.elements(before: 0, from: distance, size: output, dilation: stride)
  }

  /// Which part of the window's positions that are computed lies inside the input.
  var readShare: Double {
    let count = taps.indices.reduce(0) { $0 + readCount(($1 - taps.lowerBound) * dilation - pad) }
    return Double(count) / Double(taps.count * output)
  }

  /// Whether every position of the output reads the input's position in its place, and no other.
  var isIdentity: Bool { taps.count == 1 && stride == 1 && pad == 0 && input == output }

  /// Whether a position of the window that is computed lies in the padding somewhere.
  var readsPadding: Bool {
    pad > 0 || (output - 1) * stride + (taps.count - 1) * dilation - pad >= input
  }
}
