import InfoldSystem
import InfoldTensor

/// The sliding window of a transposed convolution over its output. It is the window of a
/// convolution from Y to X.
package struct TransposedWindow: Sendable, Hashable {
  /// The window of that convolution.
  package let window: SlidingWindow
  /// The number of positions added at the end of each dimension of Y.
  package let outputPadding: [Int]
  /// The sizes of Y that the model specifies instead of a padding.
  package let outputShape: [Int]?

  /// - Throws: `InfoldError.Code.invalidModel` for lists of the wrong length and values out of
  ///   range.
  init(window: SlidingWindow, outputPadding: [Int]?, outputShape: [Int]?) throws(InfoldError) {
    let rank = window.rank
    for (name, values) in [("output_padding", outputPadding), ("output_shape", outputShape)] {
      if let values, values.count != rank {
        throw InfoldError(
          .invalidModel,
          "\(name) has \(counted(values.count, "value")) but must have \(rank) for \(counted(rank, "spatial dimension"))"
        )
      }
    }
    self.window = window
    self.outputPadding = outputPadding ?? Array(repeating: 0, count: rank)
    self.outputShape = outputShape
    for (axis, padding) in self.outputPadding.enumerated() {
      guard padding >= 0, padding < max(window.strides[axis], window.dilations[axis]) else {
        throw InfoldError(
          .invalidModel,
          "output_padding is \(padding) along spatial dimension \(axis) but must be at least 0 and less "
            + "than the stride or the dilation")
      }
    }
    for size in outputShape ?? [] where size < 0 {
      throw InfoldError(.invalidModel, "output_shape has the negative size \(size)")
    }
  }

  /// Returns the positions of the window along dimension `axis` of Y, for an input of `size`.
  ///
  /// The padding that follows from `output_shape` or SAME is split between both ends. If it is odd,
  /// the larger half is at the end for SAME_UPPER and at the beginning otherwise, as the text of
  /// opset 11 says (that of opset 1 contradicts itself). SAME makes Y as large as X times the
  /// stride. If that is more than the windows cover, the padding is negative: zeros are added,
  /// split in the same way. If `output_shape` is larger, zeros are added at the end.
  /// - Throws: `InfoldError.Code.invalidModel` if Y would be empty because of the padding;
  ///   `.limitExceeded` for sizes that are too large.
  func extent(_ axis: Int, input size: Int) throws(InfoldError) -> SlidingWindow.Extent {
    guard let reach = window.reach(axis), reach <= Int(Int32.max), size <= Int(Int32.max) else {
      throw InfoldError(.limitExceeded, "the window along spatial dimension \(axis) is too large")
    }
    let unpadded = (size - 1) * window.strides[axis] + reach + outputPadding[axis]
    if let wanted = outputShape?[axis] { return padded(by: max(unpadded - wanted, 0), to: wanted) }
    switch window.padding {
    case .sameUpper, .sameLower:
      let output = size * window.strides[axis]
      return padded(by: unpadded - output, to: output)
    case .explicit(let before, let after):
      let output = unpadded - before[axis] - after[axis]
      guard output >= 0 else {
        throw InfoldError(
          .invalidModel,
          "the padding along spatial dimension \(axis) is larger than the \(counted(max(unpadded, 0), "element")) of "
            + "the output")
      }
      return SlidingWindow.Extent(output: output, padBefore: before[axis], padAfter: after[axis])
    }
  }

  /// Returns the extent with the padding `total`, which may be negative, split between both ends.
  private func padded(by total: Int, to output: Int) -> SlidingWindow.Extent {
    // The shift rounds down, also for negative numbers.
    let before = window.padding == .sameUpper ? total >> 1 : total - (total >> 1)
    return SlidingWindow.Extent(output: output, padBefore: before, padAfter: total - before)
  }

  /// Returns the extents along every dimension for an input with these spatial sizes.
  package func extents(_ sizes: some Collection<Int>) throws(InfoldError) -> [SlidingWindow.Extent] {
    var extents: [SlidingWindow.Extent] = []
    for (axis, size) in sizes.enumerated() { extents.append(try extent(axis, input: size)) }
    return extents
  }

  /// Returns the output size along dimension `axis`.
  func outputDimension(_ axis: Int, input: Dimension) throws(InfoldError) -> Dimension {
    if let size = input.size { return .fixed(try extent(axis, input: size).output) }
    if let wanted = outputShape?[axis] { return .fixed(wanted) }
    guard window.strides[axis] == 1 else { return .unknown }
    switch window.padding {
    case .sameUpper, .sameLower: return input
    case .explicit(let before, let after):
      let change = window.reach(axis).map { $0 - 1 + outputPadding[axis] - before[axis] - after[axis] }
      return change == 0 ? input : .unknown
    }
  }

  /// Returns the loops of the convolution from Y, with these extents, to X, with these spatial
  /// sizes.
  func geometry(_ extents: [SlidingWindow.Extent], input: [Int]) -> ConvolutionGeometry {
    ConvolutionGeometry(
      window,
      zip(input, extents).map {
        SlidingWindow.Extent(output: $0, padBefore: $1.padBefore, padAfter: $1.padAfter)
      },
      input: extents.map(\.output))
  }
}
