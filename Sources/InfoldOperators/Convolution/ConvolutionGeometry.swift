import InfoldTensor

/// The loops of a convolution over one channel, with 1 or 2 spatial dimensions extended to 3.
///
/// Dimensions in which the window does not move (kernel 1, stride 1, no padding) are merged with
/// the innermost one to make its loop longer.
struct ConvolutionGeometry {
  /// One dimension.
  struct Axis: Sendable {
    var input: Int
    var output: Int
    var kernel = 1
    var stride = 1
    var dilation = 1
    var pad = 0

    var isIdentity: Bool { kernel == 1 && stride == 1 && pad == 0 && input == output }

    /// Returns the output positions at which a tap reads inside the input.
    func positions(of tap: Int) -> Range<Int> {
      let offset = tap * dilation - pad
      let first = offset >= 0 ? 0 : (-offset + stride - 1) / stride
      let last = input - offset <= 0 ? 0 : (input - offset - 1) / stride + 1
      return first..<max(first, min(last, output))
    }
  }

  private let z: Axis
  private let y: Axis
  private let x: Axis

  /// The number of elements in an input channel, in an output channel, and in a filter for one
  /// channel.
  let inputCount: Int
  let outputCount: Int
  let kernelCount: Int

  init(_ window: SlidingWindow, _ extents: [SlidingWindow.Extent], input: [Int]) {
    var axes = input.indices.map { axis in
      Axis(
        input: input[axis], output: extents[axis].output, kernel: window.kernel[axis], stride: window.strides[axis],
        dilation: window.dilations[axis], pad: extents[axis].padBefore)
    }
    while axes.count > 1, axes[axes.count - 1].isIdentity, axes[axes.count - 2].isIdentity {
      let inner = axes.removeLast()
      axes[axes.count - 1].input *= inner.input
      axes[axes.count - 1].output *= inner.output
    }
    axes.insert(contentsOf: Array(repeating: Axis(input: 1, output: 1), count: 3 - axes.count), at: 0)
    (z, y, x) = (axes[0], axes[1], axes[2])
    inputCount = z.input * y.input * x.input
    outputCount = z.output * y.output * x.output
    kernelCount = z.kernel * y.kernel * x.kernel
  }

  /// Adds the convolution of one input channel with one channel of a filter to one output channel.
  func accumulate<Element: NumericElement>(
    _ input: borrowing Span<Element>, from inputStart: Int, _ weight: borrowing Span<Element>, from weightStart: Int,
    into output: inout MutableSpan<Element>, at outputStart: Int
  ) {
    forEachRow { tap, inputRow, outputRow, count in
      addScaled(
        input, from: inputStart + inputRow, stride: x.stride, by: weight[weightStart + tap],
        into: &output, at: outputStart + outputRow, count: count)
    }
  }

  /// Computes the transpose of `accumulate`: adds the contributions of one output channel to the
  /// elements of one input channel that a convolution would read.
  func accumulateTransposed<Element: FloatingPointElement>(
    _ output: borrowing Span<Element>, from outputStart: Int, _ weight: borrowing Span<Element>, from weightStart: Int,
    into input: inout MutableSpan<Element>, at inputStart: Int
  ) {
    forEachRow { tap, inputRow, outputRow, count in
      addScaled(
        output, from: outputStart + outputRow, by: weight[weightStart + tap],
        into: &input, at: inputStart + inputRow, outputStride: x.stride, count: count)
    }
  }

  /// Calls `body` for each tap and each row of output positions at which it reads inside the input,
  /// with the offsets of the first input and output elements, and the number of positions.
  @inline(__always)
  private func forEachRow(_ body: (_ tap: Int, _ inputRow: Int, _ outputRow: Int, _ count: Int) -> Void) {
    var tap = 0
    for kz in 0..<z.kernel {
      for ky in 0..<y.kernel {
        for kx in 0..<x.kernel {
          defer { tap += 1 }
          let columns = x.positions(of: kx)
          guard !columns.isEmpty else { continue }
          for oz in z.positions(of: kz) {
            for oy in y.positions(of: ky) {
              let iz = oz * z.stride + kz * z.dilation - z.pad
              let iy = oy * y.stride + ky * y.dilation - y.pad
              let ix = columns.lowerBound * x.stride + kx * x.dilation - x.pad
              body(
                tap, (iz * y.input + iy) * x.input + ix, (oz * y.output + oy) * x.output + columns.lowerBound,
                columns.count)
            }
          }
        }
      }
    }
  }
}
