import InfoldTensor

/// The blocks of an image that a window covers at each of its positions, for any number of
/// dimensions.
package struct ColumnBlocks: Sendable {
  private let axes: [ConvolutionGeometry.Axis]
  private let imageStrides: [Int]
  private let positionStrides: [Int]

  /// The number of elements in an image.
  package var imageCount: Int { axes.reduce(1) { $0 * $1.input } }
  /// The number of positions of the window.
  package var positionCount: Int { axes.reduce(1) { $0 * $1.output } }
  /// The number of elements in a block.
  package var blockCount: Int { axes.reduce(1) { $0 * $1.kernel } }
  /// The distance in an image between the same element of blocks at neighboring positions along the
  /// last dimension.
  package var step: Int { axes.last?.stride ?? 1 }

  init(_ window: SlidingWindow, _ extents: [SlidingWindow.Extent], image: [Int]) {
    axes = image.indices.map { axis in
      ConvolutionGeometry.Axis(
        input: image[axis], output: extents[axis].output, kernel: window.kernel[axis], stride: window.strides[axis],
        dilation: window.dilations[axis], pad: extents[axis].padBefore)
    }
    imageStrides = rowMajorStrides(image)
    positionStrides = rowMajorStrides(extents.map(\.output))
  }

  /// Calls `body` for each element of a block and each row of positions at which it lies inside the
  /// image, with the index of the element, the first position, its offset in the image, and the
  /// number of positions.
  package func forEachRow(_ body: (_ element: Int, _ position: Int, _ place: Int, _ count: Int) -> Void) {
    guard let last = axes.indices.last else { return }
    for element in 0..<blockCount {
      var rest = element
      var offsets = [Int](repeating: 0, count: axes.count)
      var ranges = [Range<Int>](repeating: 0..<0, count: axes.count)
      for axis in axes.indices.reversed() {
        let tap = rest % axes[axis].kernel
        rest /= axes[axis].kernel
        offsets[axis] = tap * axes[axis].dilation - axes[axis].pad
        ranges[axis] = axes[axis].positions(of: tap)
      }
      guard !ranges.contains(where: \.isEmpty) else { continue }
      let rows = ranges.dropLast().reduce(1) { $0 * $1.count }
      for row in 0..<rows {
        var rest = row
        var position = ranges[last].lowerBound
        var place = ranges[last].lowerBound * axes[last].stride + offsets[last]
        for axis in axes.indices.dropLast().reversed() {
          let index = ranges[axis].lowerBound + rest % ranges[axis].count
          rest /= ranges[axis].count
          position += index * positionStrides[axis]
          place += (index * axes[axis].stride + offsets[axis]) * imageStrides[axis]
        }
        body(element, position, place, ranges[last].count)
      }
    }
  }
}
