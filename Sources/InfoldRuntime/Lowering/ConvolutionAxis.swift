import InfoldKernelInterface
import InfoldOperators
import InfoldSystem

/// One axis along which the window of a convolution moves.
struct ConvolutionAxis {
  /// The number of input positions.
  var input: Int
  var output: Int
  /// The window positions that are computed.
  var taps: Range<Int>
  var stride = 1
  var dilation = 1
  /// The padding before the input. A negative value crops the input.
  var pad = 0

  /// Creates an axis along which the window does not move.
  init(size: Int) {
    (input, output, taps) = (size, size, 0..<1)
  }

  /// Creates axis `axis` of a window. Positions at either end that read only padding are removed.
  /// Widely dilated windows on small images have such positions.
  ///
  /// - Parameter isWhole: Whether to keep such positions.
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

  /// Returns how often a window position reads the input. `distance` is its first offset from the
  /// beginning of the input.
  private func readCount(_ distance: Int) -> Int {
    WindowTaps.elements(before: input, from: distance, size: output, dilation: stride)
      - WindowTaps.elements(before: 0, from: distance, size: output, dilation: stride)
  }

  /// The fraction of the reads of computed window positions that fall inside the input.
  var readShare: Double {
    let count = taps.indices.reduce(0) { $0 + readCount(($1 - taps.lowerBound) * dilation - pad) }
    return Double(count) / Double(taps.count * output)
  }

  /// Whether every output position reads only the input position of the same index.
  var isIdentity: Bool { taps.count == 1 && stride == 1 && pad == 0 && input == output }

  /// Whether a computed window position reads padding anywhere.
  var readsPadding: Bool {
    pad > 0 || (output - 1) * stride + (taps.count - 1) * dilation - pad >= input
  }
}
