import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX RoiAlign, opsets 10, 16, 22: regions of pictures, each brought to the same size.
///
/// X [N, C, H, W]; rois [R, 4] with left, top, right and bottom edge, which `spatial_scale` brings to elements of X;
/// batch_indices [R] of int64, the picture of each. Y [R, C, output_height, output_width]: the mean, or with `mode` max the
/// greatest weighted element, of `sampling_ratio`² places in each bin, or of ⌈bin height⌉ · ⌈bin width⌉ where that is 0. With
/// `half_pixel`, the default since opset 16, edges count from the outer edge of the first element, and else from its center,
/// and a region is at least 1 wide and high.
package struct RoiAlign: StandardFloatingPointOperator {
  package static let name = "RoiAlign"
  package static let versions = [10, 16, 22]
  package static let compatibleVersions = [22]
  package static let family = OperatorFamily.pool
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// The most places in a bin along one dimension.
  static let maximumSamples = 1024
  /// The most places in a region.
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
      throw InfoldError(.invalidModel, "\(name) is \(size); it must lie between 1 and \(Int32.max)")
    }
    guard samplingRatio >= 0 else {
      throw InfoldError(.invalidModel, "sampling_ratio is \(samplingRatio), and must not be negative")
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
        .invalidModel, "regions of shape \(rois) and batch indices of shape \(indices) do not go together")
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

  /// What is read for a region.
  /// - Parameters:
  ///   - edges: Left, top, right and bottom.
  ///   - batch: The picture.
  ///   - shape: The sizes of X.
  /// - Throws: `InfoldError` where there is no such picture, or the region has too many places.
  package func region<Element: FloatingPointElement>(
    _ edges: (Element, Element, Element, Element), batch: Int, of shape: [Int]
  ) throws(InfoldError) -> RegionSamples<Element> {
    guard (0..<shape[0]).contains(batch) else {
      throw InfoldError(.invalidModel, "the batch index \(batch) is outside a batch of \(shape[0])")
    }
    let vertical = try axis(edges.1, edges.3, bins: height, size: shape[2])
    let horizontal = try axis(edges.0, edges.2, bins: width, size: shape[3])
    guard let count = checkedProduct([height, width, vertical[0].count, horizontal[0].count]),
      count <= Self.maximumRegionSamples
    else {
      throw InfoldError(
        .limitExceeded, "a region needs more samples than the \(Self.maximumRegionSamples) that are supported")
    }
    let plane = shape[2] * shape[3]
    return RegionSamples(
      vertical: vertical, horizontal: horizontal, columns: shape[3], plane: plane, channels: shape[1],
      first: batch * shape[1] * plane, takesMaximum: takesMaximum)
  }

  /// The samples of every bin along one dimension.
  private func axis<Element: FloatingPointElement>(
    _ start: Element, _ end: Element, bins: Int, size: Int
  ) throws(InfoldError) -> [[AxisSample<Element>]] {
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
    let count = max(Int(wanted), 0)
    return (0..<bins).map { index in
      (0..<count).map { sample in
        self.sample(first + Element(index) * bin + (Element(sample) + 0.5) * bin / Element(count), size: size)
      }
    }
  }

  private func sample<Element: FloatingPointElement>(_ position: Element, size: Int) -> AxisSample<Element> {
    guard position >= -1, position <= Element(size) else { return AxisSample(lowWeight: 0, highWeight: 0) }
    let place = max(position, 0), low = Int(place)
    guard low < size - 1 else { return AxisSample(low: size - 1, high: size - 1, lowWeight: 1, highWeight: 0) }
    let fraction = place - Element(low)
    return AxisSample(low: low, high: low + 1, lowWeight: 1 - fraction, highWeight: fraction)
  }
}

/// Two neighbours, and how much of each a place between them takes; no weights for a place outside.
private struct AxisSample<Element> {
  var low = 0
  var high = 0
  var lowWeight: Element
  var highWeight: Element
}

/// The places of a region between elements of a picture.
package struct RegionSamples<Element: FloatingPointElement> {
  /// Four neighbours of a place, by their distances from a plane's first element, and how much each counts.
  private struct Sample {
    var places: (Int, Int, Int, Int)
    var weights: (Element, Element, Element, Element)
  }

  /// Those of all bins, one behind the other.
  private var samples: [Sample] = []
  private let samplesOfBin: Int
  private let bins: Int
  private let plane: Int
  private let channels: Int
  private let first: Int
  private let takesMaximum: Bool

  fileprivate init(
    vertical: [[AxisSample<Element>]], horizontal: [[AxisSample<Element>]], columns: Int, plane: Int, channels: Int,
    first: Int, takesMaximum: Bool
  ) {
    samplesOfBin = vertical[0].count * horizontal[0].count
    bins = vertical.count * horizontal.count
    (self.plane, self.channels, self.first, self.takesMaximum) = (plane, channels, first, takesMaximum)
    samples.reserveCapacity(bins * samplesOfBin)
    for row in vertical {
      for column in horizontal {
        for v in row {
          for h in column {
            let upper = v.low * columns, lower = v.high * columns
            samples.append(
              Sample(
                places: (upper + h.low, upper + h.high, lower + h.low, lower + h.high),
                weights: (
                  v.lowWeight * h.lowWeight, v.lowWeight * h.highWeight, v.highWeight * h.lowWeight,
                  v.highWeight * h.highWeight
                )))
          }
        }
      }
    }
  }

  /// Writes the bins of all channels, from `start` on.
  package func pool(_ x: borrowing Span<Element>, to y: inout MutableSpan<Element>, at start: Int) {
    precondition(first >= 0 && first + channels * plane <= x.count && start + channels * bins <= y.count)
    let scale = Element(max(samplesOfBin, 1))
    for channel in 0..<channels {
      let source = first + channel * plane
      // What has no weight is not read: zero times infinity would be no number.
      func weighted(_ weight: Element, _ place: Int) -> Element {
        weight == 0 ? 0 : weight * x[unchecked: source &+ place]
      }
      for bin in 0..<bins {
        var sum: Element = 0
        var maximum: Element?
        for sample in samples[bin * samplesOfBin..<(bin + 1) * samplesOfBin] {
          let a = weighted(sample.weights.0, sample.places.0), b = weighted(sample.weights.1, sample.places.1)
          let c = weighted(sample.weights.2, sample.places.2), d = weighted(sample.weights.3, sample.places.3)
          sum += a + b + c + d
          if takesMaximum {
            let greatest = max(max(a, b), max(c, d))
            maximum = maximum.map { max($0, greatest) } ?? greatest
          }
        }
        y[unchecked: start &+ channel &* bins &+ bin] = takesMaximum ? maximum ?? 0 : sum / scale
      }
    }
  }
}

extension RegionSamples where Element == Float {
  /// Writes all bins, of pictures and into bins with the channels beside one another.
  /// - Parameters:
  ///   - pixelStride: The distance between pixels in `x`.
  ///   - start: Where the first bin begins in `y`.
  ///   - binStride: The distance between bins there.
  package func pool(
    channelsLast x: borrowing Span<Float>, pixelStride: Int, to y: inout MutableSpan<Float>, at start: Int,
    binStride: Int
  ) {
    precondition(channels <= pixelStride && channels <= binStride && start >= 0 && start + bins * binStride <= y.count)
    let picture = first / max(channels, 1) * pixelStride
    precondition(picture >= 0 && picture + (plane - 1) * pixelStride + channels <= x.count)
    let scale = Float(max(samplesOfBin, 1))
    for bin in 0..<bins {
      let target = start + bin * binStride
      for channel in 0..<channels { y[unchecked: target &+ channel] = 0 }
      for (index, sample) in samples[bin * samplesOfBin..<(bin + 1) * samplesOfBin].enumerated() {
        let (w, p) = (sample.weights, sample.places)
        // What has no weight is not read: zero times infinity would be no number.
        let isInside = w.0 != 0 && w.1 != 0 && w.2 != 0 && w.3 != 0
        let a = picture &+ p.0 &* pixelStride, b = picture &+ p.1 &* pixelStride
        let c = picture &+ p.2 &* pixelStride, d = picture &+ p.3 &* pixelStride
        if isInside, !takesMaximum {
          for channel in 0..<channels {
            y[unchecked: target &+ channel] +=
              w.0 * x[unchecked: a &+ channel] + w.1 * x[unchecked: b &+ channel] + w.2 * x[unchecked: c &+ channel]
              + w.3 * x[unchecked: d &+ channel]
          }
          continue
        }
        for channel in 0..<channels {
          let e = w.0 == 0 ? 0 : w.0 * x[unchecked: a &+ channel], f = w.1 == 0 ? 0 : w.1 * x[unchecked: b &+ channel]
          let g = w.2 == 0 ? 0 : w.2 * x[unchecked: c &+ channel], h = w.3 == 0 ? 0 : w.3 * x[unchecked: d &+ channel]
          if takesMaximum {
            let greatest = max(max(e, f), max(g, h))
            y[unchecked: target &+ channel] = index == 0 ? greatest : max(y[unchecked: target &+ channel], greatest)
          } else {
            y[unchecked: target &+ channel] += e + f + g + h
          }
        }
      }
      guard !takesMaximum else { continue }
      for channel in 0..<channels { y[unchecked: target &+ channel] /= scale }
    }
  }
}
