import InfoldSystem
import InfoldTensor

/// How the window of a transposed convolution moves over its output: that of a convolution from Y to X.
package struct TransposedWindow: Sendable, Hashable {
  /// The convolution's window.
  package let window: SlidingWindow
  /// Positions added at the end of every dimension of Y.
  package let outputPadding: [Int]
  /// The sizes of Y that the model asks for, in place of a padding.
  package let outputShape: [Int]?

  /// - Throws: `InfoldError` with `.invalidModel` for lists of another length, and values out of range.
  init(window: SlidingWindow, outputPadding: [Int]?, outputShape: [Int]?) throws(InfoldError) {
    let rank = window.rank
    for (name, values) in [("output_padding", outputPadding), ("output_shape", outputShape)] {
      if let values, values.count != rank {
        throw InfoldError(
          .invalidModel,
          "\(name) has \(counted(values.count, "value")); with \(counted(rank, "spatial dimension")) it must have \(rank)"
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
          "output_padding is \(padding) along spatial dimension \(axis), and must be at least 0 and less "
            + "than the stride or the dilation")
      }
    }
    for size in outputShape ?? [] where size < 0 {
      throw InfoldError(.invalidModel, "output_shape has the value \(size)")
    }
  }

  /// What Y is along dimension `axis` for an input of `size`.
  ///
  /// The padding that `output_shape` or SAME leave to be found is split in halves, an odd one with the larger half at the
  /// end for SAME_UPPER and at the beginning otherwise (the text of opset 11; that of opset 1 contradicts itself).
  /// SAME makes Y as large as X times the stride, where that is more than the windows cover with a padding that is negative: zeros
  /// that are split the same way. Where `output_shape` asks for more, it adds zeros at the end.
  /// - Throws: `InfoldError` with `.invalidModel` when nothing of Y is left, `.limitExceeded` for sizes that are too large.
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
          "along spatial dimension \(axis) the padding is larger than the \(counted(max(unpadded, 0), "element")) of "
            + "the output")
      }
      return SlidingWindow.Extent(output: output, padBefore: before[axis], padAfter: after[axis])
    }
  }

  /// With the padding `total`, which may be negative, split between both ends.
  private func padded(by total: Int, to output: Int) -> SlidingWindow.Extent {
    // The shift rounds down, also below 0.
    let before = window.padding == .sameUpper ? total >> 1 : total - (total >> 1)
    return SlidingWindow.Extent(output: output, padBefore: before, padAfter: total - before)
  }

  /// The extents along every dimension of an input with these spatial sizes.
  package func extents(_ sizes: some Collection<Int>) throws(InfoldError) -> [SlidingWindow.Extent] {
    var extents: [SlidingWindow.Extent] = []
    for (axis, size) in sizes.enumerated() { extents.append(try extent(axis, input: size)) }
    return extents
  }

  /// The shape rule along dimension `axis`.
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

  /// The loops of the convolution from Y, with these extents, to X, with these spatial sizes.
  func geometry(_ extents: [SlidingWindow.Extent], input: [Int]) -> ConvolutionGeometry {
    ConvolutionGeometry(
      window,
      zip(input, extents).map {
        SlidingWindow.Extent(output: $0, padBefore: $1.padBefore, padAfter: $1.padAfter)
      },
      input: extents.map(\.output))
  }
}
