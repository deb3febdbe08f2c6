import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX RoiAlign, opsets 10, 16, 22: regions of images, each resampled to the same size.
///
/// X is [N, C, H, W]. rois, [R, 4], holds the left, top, right and bottom edges, which
/// `spatial_scale` converts to elements of X. batch_indices, [R], int64, holds the image of each
/// region. Y, [R, C, output_height, output_width], is the mean of the samples in each bin or, with
/// `mode` max, the largest weighted element. A bin has `sampling_ratio`² samples, or ⌈bin height⌉ ·
/// ⌈bin width⌉ if the ratio is 0. With `half_pixel`, the default since opset 16, coordinates start
/// at the outer edge of the first element. Otherwise, they start at its center, and a region is at
/// least 1 wide and high.
package struct RoiAlign: StandardFloatingPointOperator {
  package static let name = "RoiAlign"
  package static let versions = [10, 16, 22]
  package static let compatibleVersions = [22]
  package static let family = OperatorFamily.pool
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// The most samples in a bin along one dimension.
  static let maximumSamples = 1024
  /// The most samples in a region.
  static let maximumRegionSamples = 1 << 28

  private let takesMaximum: Bool
  private let isHalfPixel: Bool
  private let height: Int
  private let width: Int
  private let samplingRatio: Int
  private let spatialScale: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    takesMaximum = try attributes.choice("mode", of: ["avg", "max"]) == "max"
    isHalfPixel =
      attributes.version < 16
      ? false
      : try attributes.choice("coordinate_transformation_mode", of: ["half_pixel", "output_half_pixel"]) == "half_pixel"
    height = try attributes.int("output_height") ?? 1
    width = try attributes.int("output_width") ?? 1
    samplingRatio = try attributes.int("sampling_ratio") ?? 0
    spatialScale = try attributes.float("spatial_scale") ?? 1
    for (name, size) in [("output_height", height), ("output_width", width)] where size < 1 || size > Int32.max {
      throw InfoldError(.invalidModel, "\(name) is \(size) but must be between 1 and \(Int32.max)")
    }
    guard samplingRatio >= 0 else {
      throw InfoldError(.invalidModel, "sampling_ratio is \(samplingRatio) but must not be negative")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    let rois = try inputs.type(1, of: .floatingPoint).shape ?? Shape(unknownOfRank: 2)
    let indices = try inputs.type(2, of: .int64).shape ?? [.unknown]
    try inputs.requireSameElementType(0...1)
    try inputs.requireRank(4...4, of: 0)
    try inputs.requireRank(2...2, of: 1)
    try inputs.requireRank(1...1, of: 2)
    guard let count = rois[0].merged(with: indices[0]), rois[1].merged(with: 4) != nil else {
      throw InfoldError(
        .invalidModel, "shape mismatch: regions \(rois) and batch indices \(indices)")
    }
    return [TensorType(x.elementType, [count, x.shape?[1] ?? .unknown, .fixed(height), .fixed(width)])]
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    var y = try Tensor(zeros: try inferredShape(inputs), of: Element.elementType)
    guard y.count > 0, x.count > 0 else { return [y] }
    let rois: [Element] = try inputs[1]!.elements()
    let count = x.shape[1] * height * width
    for (index, batch) in try inputs[2]!.integers().enumerated() {
      let region = try region(
        (rois[4 * index], rois[4 * index + 1], rois[4 * index + 2], rois[4 * index + 3]), batch: batch, of: x.shape)
      try x.withElements(as: Element.self) { x throws(InfoldError) in
        try y.withMutableSpan(as: Element.self) { y in region.pool(x, to: &y, at: index * count) }
      }
    }
    return [y]
  }

  /// Returns the samples of a region.
  /// - Parameters:
  ///   - edges: The left, top, right and bottom edges.
  ///   - batch: The index of the image.
  ///   - shape: The sizes of X.
  /// - Throws: `InfoldError` if the image does not exist, or the region needs too many samples.
  package func region<Element: FloatingPointElement>(
    _ edges: (Element, Element, Element, Element), batch: Int, of shape: [Int]
  ) throws(InfoldError) -> RegionSamples<Element> {
    let axes = try axes(edges, batch: batch, of: shape)
    return RegionSamples(
      vertical: axes.vertical, horizontal: axes.horizontal, batch: batch, channels: shape[1], takesMaximum: takesMaximum
    )
  }

  /// Checks that `region` returns samples for these arguments.
  /// - Parameters: Those of `region`.
  /// - Throws: The errors of `region`.
  package func requireRegion(
    _ edges: (Float, Float, Float, Float), batch: Int, of shape: [Int]
  ) throws(InfoldError) {
    _ = try axes(edges, batch: batch, of: shape)
  }

  /// Whether the result is the largest weighted element rather than the mean.
  package var isMaximum: Bool { takesMaximum }

  private func axes<Element: FloatingPointElement>(
    _ edges: (Element, Element, Element, Element), batch: Int, of shape: [Int]
  ) throws(InfoldError) -> (vertical: RegionAxis<Element>, horizontal: RegionAxis<Element>) {
    guard (0..<shape[0]).contains(batch) else {
      throw InfoldError(.invalidModel, "the batch index \(batch) is out of bounds for a batch of \(shape[0])")
    }
    let vertical = try axis(edges.1, edges.3, bins: height, size: shape[2])
    let horizontal = try axis(edges.0, edges.2, bins: width, size: shape[3])
    guard let count = checkedProduct([height, width, vertical.count, horizontal.count]),
      count <= Self.maximumRegionSamples
    else {
      throw InfoldError(
        .limitExceeded, "a region needs more samples than the \(Self.maximumRegionSamples) that are supported")
    }
    return (vertical, horizontal)
  }

  /// Returns the samples of all bins along one dimension.
  private func axis<Element: FloatingPointElement>(
    _ start: Element, _ end: Element, bins: Int, size: Int
  ) throws(InfoldError) -> RegionAxis<Element> {
    let offset: Element = isHalfPixel ? 0.5 : 0
    let first = start * Element(spatialScale) - offset
    let whole = end * Element(spatialScale) - offset - first
    let extent = isHalfPixel || whole > 1 ? whole : 1
    let bin = extent / Element(bins)
    let wanted = samplingRatio > 0 ? Element(samplingRatio) : bin.rounded(.up)
    guard wanted <= Element(Self.maximumSamples) else {
      throw InfoldError(
        .limitExceeded, "a region needs \(wanted) samples in a bin; at most \(Self.maximumSamples) are supported")
    }
    return RegionAxis(first: first, bin: bin, bins: bins, count: max(Int(wanted), 0), size: size)
  }
}

/// The samples of a region along one dimension.
private struct RegionAxis<Element: FloatingPointElement> {
  /// The start of the region, in elements of the image.
  let first: Element
  /// The length of a bin.
  let bin: Element
  let bins: Int
  /// The number of samples in each bin.
  let count: Int
  /// The size of the image.
  let size: Int

  /// The two neighbors of each sample, bin by bin, and their weights. The weights of a sample
  /// outside the image are 0.
  var samples: [(low: Int, high: Int, lowWeight: Element, highWeight: Element)] {
    (0..<bins * count).map { place in
      let (index, sample) = place.quotientAndRemainder(dividingBy: count)
      let position = first + Element(index) * bin + (Element(sample) + 0.5) * bin / Element(count)
      guard position >= -1, position <= Element(size) else { return (0, 0, 0, 0) }
      let inside = max(position, 0), low = Int(inside)
      guard low < size - 1 else { return (size - 1, size - 1, 1, 0) }
      let fraction = inside - Element(low)
      return (low, low + 1, 1 - fraction, fraction)
    }
  }
}

/// The bilinear samples of a region in an image.
package struct RegionSamples<Element: FloatingPointElement> {
  /// The offsets in a plane of the four neighbors of each sample, bin by bin.
  package let places: [Int]
  package let weights: [Element]
  /// The number of neighbors in a bin. The bins are consecutive.
  package let tapsOfBin: Int
  package let bins: Int
  /// The index of the image.
  package let batch: Int
  private let channels: Int
  private let plane: Int
  private let takesMaximum: Bool

  fileprivate init(
    vertical: RegionAxis<Element>, horizontal: RegionAxis<Element>, batch: Int, channels: Int, takesMaximum: Bool
  ) {
    (bins, tapsOfBin) = (vertical.bins * horizontal.bins, 4 * vertical.count * horizontal.count)
    (self.batch, self.channels, self.takesMaximum) = (batch, channels, takesMaximum)
    plane = vertical.size * horizontal.size
    var places: [Int] = [], weights: [Element] = []
    places.reserveCapacity(bins * tapsOfBin)
    weights.reserveCapacity(bins * tapsOfBin)
    let (rows, columns) = (vertical.samples, horizontal.samples)
    for row in 0..<vertical.bins {
      for column in 0..<horizontal.bins {
        for v in rows[row * vertical.count..<(row + 1) * vertical.count] {
          for h in columns[column * horizontal.count..<(column + 1) * horizontal.count] {
            let upper = v.low * horizontal.size, lower = v.high * horizontal.size
            places.append(upper + h.low)
            places.append(upper + h.high)
            places.append(lower + h.low)
            places.append(lower + h.high)
            weights.append(v.lowWeight * h.lowWeight)
            weights.append(v.lowWeight * h.highWeight)
            weights.append(v.highWeight * h.lowWeight)
            weights.append(v.highWeight * h.highWeight)
          }
        }
      }
    }
    (self.places, self.weights) = (places, weights)
  }

  /// The divisor of a bin's sum.
  package var divisor: Element { Element(max(tapsOfBin / 4, 1)) }

  /// Writes the bins of all channels, beginning at `start`.
  package func pool(_ x: borrowing Span<Element>, to y: inout MutableSpan<Element>, at start: Int) {
    let first = batch * channels * plane
    precondition(first >= 0 && first + channels * plane <= x.count && start + channels * bins <= y.count)
    for channel in 0..<channels {
      let source = first + channel * plane
      for bin in 0..<bins {
        var sum: Element = 0
        var maximum: Element?
        for tap in bin * tapsOfBin..<(bin + 1) * tapsOfBin {
          // Elements of weight 0 are skipped, since 0 · ∞ would be NaN.
          let product = weights[tap] == 0 ? 0 : weights[tap] * x[unchecked: source &+ places[tap]]
          sum += product
          if takesMaximum { maximum = maximum.map { max($0, product) } ?? product }
        }
        y[unchecked: start &+ channel &* bins &+ bin] = takesMaximum ? maximum ?? 0 : sum / divisor
      }
    }
  }
}
