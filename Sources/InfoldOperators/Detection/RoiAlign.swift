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
package struct RoiAlign: FloatingPointOperator {
  package static let name = "RoiAlign"
  package static let versions = [10, 16, 22]
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

  package func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let regions: [Element] = try inputs[1]!.elements()
    var y = try Tensor(zeros: try inferredShape(inputs), of: Element.elementType)
    guard y.count > 0, x.count > 0 else { return [y] }
    let channels = x.shape[1], rows = x.shape[2], columns = x.shape[3]
    for (region, batch) in try inputs[2]!.integers().enumerated() {
      guard (0..<x.shape[0]).contains(batch) else {
        throw InfoldError(.invalidModel, "the batch index \(batch) is outside a batch of \(x.shape[0])")
      }
      let vertical = try axis(regions[region * 4 + 1], regions[region * 4 + 3], bins: height, size: rows)
      let horizontal = try axis(regions[region * 4], regions[region * 4 + 2], bins: width, size: columns)
      guard let count = checkedProduct([height, width, vertical[0].count, horizontal[0].count]),
        count <= Self.maximumRegionSamples
      else {
        throw InfoldError(
          .limitExceeded, "a region needs more samples than the \(Self.maximumRegionSamples) that are supported")
      }
      try y.withMutableSpan(as: Element.self) { y in
        x.withElements(as: Element.self) { x in
          for c in 0..<channels {
            let input = (batch * channels + c) * rows * columns, output = (region * channels + c) * height * width
            for (row, vertical) in vertical.enumerated() {
              for (column, horizontal) in horizontal.enumerated() {
                y[output + row * width + column] = pooled(x, from: input, columns: columns, vertical, horizontal)
              }
            }
          }
        }
      }
    }
    return [y]
  }

  /// Two neighbours, and how much of each a place between them takes; no weights for a place outside.
  private struct Sample<Element> {
    var low = 0
    var high = 0
    var lowWeight: Element
    var highWeight: Element
  }

  /// The samples of every bin along one dimension.
  private func axis<Element: FloatingPointElement>(
    _ start: Element, _ end: Element, bins: Int, size: Int
  ) throws(InfoldError) -> [[Sample<Element>]] {
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

  private func sample<Element: FloatingPointElement>(_ position: Element, size: Int) -> Sample<Element> {
    guard position >= -1, position <= Element(size) else { return Sample(lowWeight: 0, highWeight: 0) }
    let place = max(position, 0), low = Int(place)
    guard low < size - 1 else { return Sample(low: size - 1, high: size - 1, lowWeight: 1, highWeight: 0) }
    let fraction = place - Element(low)
    return Sample(low: low, high: low + 1, lowWeight: 1 - fraction, highWeight: fraction)
  }

  private func pooled<Element: FloatingPointElement>(
    _ x: borrowing Span<Element>, from start: Int, columns: Int, _ vertical: [Sample<Element>],
    _ horizontal: [Sample<Element>]
  ) -> Element {
    var sum: Element = 0
    var maximum: Element?
    for v in vertical {
      for h in horizontal {
        let upper = start + v.low * columns, lower = start + v.high * columns
        // What has no weight is not read: zero times infinity would be no number.
        func weighted(_ weight: Element, _ place: Int) -> Element { weight == 0 ? 0 : weight * x[place] }
        let a = weighted(v.lowWeight * h.lowWeight, upper + h.low)
        let b = weighted(v.lowWeight * h.highWeight, upper + h.high)
        let c = weighted(v.highWeight * h.lowWeight, lower + h.low)
        let d = weighted(v.highWeight * h.highWeight, lower + h.high)
        sum += a + b + c + d
        let greatest = max(max(a, b), max(c, d))
        maximum = maximum.map { max($0, greatest) } ?? greatest
      }
    }
    return takesMaximum ? maximum ?? 0 : sum / Element(max(vertical.count * horizontal.count, 1))
  }
}
