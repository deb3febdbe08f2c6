import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX GridSample, opsets 16, 20, 22: the input sampled at the positions of a grid, with
/// interpolation.
///
/// X is [N, C, D1, …], with 2 spatial dimensions in opset 16 and 1 to 3 since opset 20. The grid is
/// [N, O1, …, r]; its last dimension holds a position, the coordinate along the innermost dimension
/// first. With `align_corners`, −1 and 1 are the centers of the first and the last element,
/// otherwise their outer edges. Y is [N, C, O1, …]. `mode` is nearest (with ties to even), linear,
/// or cubic with a = −0.75. Padding is zeros, the border elements, or reflection at the border. A
/// NaN position gives zero or the first element. Integers are not supported.
package struct GridSample: StandardFloatingPointOperator {
  package static let name = "GridSample"
  package static let versions = [16, 20, 22]
  package static let compatibleVersions = [22]
  package static let family = OperatorFamily.movement
  package static func arity(since version: Int) -> Arity { Arity(2) }

  /// The interpolation between elements.
  package enum Interpolation: Sendable { case linear, nearest, cubic }
  /// The padding outside of the input.
  package enum Padding: String, Sendable, CaseIterable { case zeros, border, reflection }

  /// The interpolation between elements.
  package let interpolation: Interpolation
  /// The padding outside of the input.
  package let padding: Padding
  /// Whether −1 and 1 are centers of elements rather than edges.
  package let alignsCorners: Bool
  private let ranks: ClosedRange<Int>

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let isFirst = attributes.version < 20
    let names = isFirst ? ["bilinear", "nearest", "bicubic"] : ["linear", "nearest", "cubic"]
    let mode = try attributes.choice("mode", of: names)
    interpolation = mode == names[0] ? .linear : mode == names[1] ? .nearest : .cubic
    padding = Padding(rawValue: try attributes.choice("padding_mode", of: Padding.allCases.map(\.rawValue))) ?? .zeros
    alignsCorners = try attributes.flag("align_corners")
    ranks = isFirst ? 4...4 : 3...5
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    let grid = try inputs.type(1, of: .floatingPoint).shape
    guard let rank = x.shape?.rank ?? grid?.rank else { return [TensorType(x.elementType, nil)] }
    guard rank <= ranks.upperBound || ranks.lowerBound == ranks.upperBound else {
      throw InfoldError(
        .unsupported, "unsupported input with \(counted(rank, "dimension")); at most \(ranks.upperBound) are supported")
    }
    try inputs.requireRank(ranks, of: 0)
    try inputs.requireRank(ranks, of: 1)
    try inputs.requireRank(rank...rank, of: 1)
    let shape = x.shape ?? Shape(unknownOfRank: rank), places = grid ?? Shape(unknownOfRank: rank)
    guard let batch = shape[0].merged(with: places[0]), places[rank - 1].merged(with: .fixed(rank - 2)) != nil else {
      throw InfoldError(.invalidModel, "shape mismatch: input \(shape) and grid \(places)")
    }
    return [TensorType(x.elementType, Shape([batch, shape[1]] + places[1..<(rank - 1)]))]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    AxisMapping([IndependentAxis(inputs: [0, 0], outputs: [0]), IndependentAxis(1)])
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!, grid = inputs[1]!
    let sizes = Array(x.shape[2...])
    let channels = x.shape[1], inner = sizes.reduce(1, *)
    var y = try Tensor(zeros: try inferredShape(inputs), of: Element.elementType)
    guard y.count > 0 else { return [y] }
    let outputs = y.count / (x.shape[0] * channels)
    try y.withMutableSpan(as: Element.self) { y in
      x.withElements(as: Element.self) { x in
        grid.withElements(as: Element.self) { grid in
          for place in 0..<(grid.count / sizes.count) {
            var taps = [(place: 0, weight: 1 as Element)]
            for (axis, size) in sizes.enumerated() {
              let along = self.taps(grid[(place + 1) * sizes.count - 1 - axis], size: size)
              taps = taps.flatMap { outer in
                (0..<along.count).map {
                  (place: outer.place * size + along.places[$0], weight: outer.weight * along.weights[$0])
                }
              }
            }
            let (batch, output) = place.quotientAndRemainder(dividingBy: outputs)
            for plane in (batch * channels)..<((batch + 1) * channels) {
              var sum: Element = 0
              for tap in taps { sum += tap.weight * x[plane * inner + tap.place] }
              y[plane * outputs + output] = sum
            }
          }
        }
      }
    }
    return [y]
  }

  /// Returns `taps` of a position in single precision.
  package func floatTaps(_ position: Float, size: Int) -> AxisTaps<Float> { taps(position, size: size) }

  /// Returns the nearest element and the fraction 0 for nearest interpolation. For linear
  /// interpolation, returns the element at or before a position, and the fraction from it to the
  /// next element. A position outside the input may have the index −1, the index before the first
  /// element. The result is equivalent to `taps`.
  /// - Returns: The index and the fraction, or `nil` if `taps` must be used.
  package func neighbour(_ position: Float, size: Int) -> (place: Int, fraction: Float)? {
    // Adding and subtracting this number rounds smaller numbers to integers.
    let rounder: Float = 12_582_912
    guard interpolation != .cubic, size < 1 << 20 else { return nil }
    let length = Float(size)
    var x = alignsCorners ? (position + 1) / 2 * (length - 1) : ((position + 1) * length - 1) / 2
    if interpolation == .nearest { x = (x + rounder) - rounder }
    if !(x >= 0 && x <= length - 1) {
      let border: Float = alignsCorners ? 0 : 0.5
      switch padding {
      case .zeros: guard x > -1, x < length else { return (-1, 0) }
      case .border:
        if x > length - 1 + border { return (size - 1, 0) }
        guard x >= -border else { return (0, 0) }
      case .reflection: return nil
      }
    }
    let truncated = Int(x), place = Float(truncated) > x ? truncated - 1 : truncated
    return (place, x - Float(place))
  }

  /// Returns the elements that are read along one dimension, and their weights.
  private func taps<Element: FloatingPointElement>(_ position: Element, size: Int) -> AxisTaps<Element> {
    var taps = AxisTaps<Element>()
    guard size > 0 else { return taps }
    let length = Element(size)
    var x = alignsCorners ? (position + 1) / 2 * (length - 1) : ((position + 1) * length - 1) / 2
    if interpolation == .nearest { x.round(.toNearestOrEven) }
    let borders: (Element, Element) = alignsCorners ? (0, length - 1) : (-0.5, length - 0.5)
    if x < borders.0 || x > borders.1 {
      switch padding {
      case .zeros: break
      case .border: x = x < 0 ? 0 : length - 1
      case .reflection: x = reflected(x, between: borders)
      }
    }
    if !(x.magnitude <= length + 4) {
      guard padding != .zeros else { return taps }
      x = 0
    }
    let first = x.rounded(.down), fraction = x - first
    func add(_ index: Int, _ weight: Element) {
      // Elements of weight 0 are skipped, since 0 · ∞ would be NaN.
      if weight != 0, let place = place(index, size: size, borders) { taps.add(place, weight) }
    }
    switch interpolation {
    case .nearest: add(Int(x), 1)
    case .linear:
      add(Int(first), 1 - fraction)
      add(Int(first) + 1, fraction)
    case .cubic:
      let start = Int(first) - 1, weights = cubicWeights(fraction)
      add(start, weights.0)
      add(start + 1, weights.1)
      add(start + 2, weights.2)
      add(start + 3, weights.3)
    }
    return taps
  }

  /// Returns the element to read for `index`, or `nil` for a zero.
  private func place<Element: FloatingPointElement>(
    _ index: Int, size: Int, _ borders: (Element, Element)
  ) -> Int? {
    if (0..<size).contains(index) { return index }
    switch padding {
    case .zeros: return nil
    case .border: return index < 0 ? 0 : size - 1
    case .reflection: return min(max(Int(reflected(Element(index), between: borders)), 0), size - 1)
    }
  }

  /// Returns `x`, reflected at the borders until it lies between them.
  private func reflected<Element: FloatingPointElement>(
    _ x: Element, between borders: (lower: Element, upper: Element)
  ) -> Element {
    let range = borders.upper - borders.lower
    let distance = x < borders.lower ? borders.lower - x : x - borders.upper
    guard range > 0, distance.isFinite else { return borders.lower }
    let times = (distance / range).rounded(.towardZero)
    let rest = distance - times * range
    let isEven = times.truncatingRemainder(dividingBy: 2) == 0
    return (x < borders.lower) == isEven ? borders.lower + rest : borders.upper - rest
  }

  /// Returns Keys' weights of four neighbors for a position at distance `x` after the second.
  private func cubicWeights<Element: FloatingPointElement>(
    _ x: Element
  ) -> (Element, Element, Element, Element) {
    let a: Element = -0.75
    func near(_ t: Element) -> Element { ((a + 2) * t - (a + 3)) * t * t + 1 }
    func far(_ t: Element) -> Element { ((a * t - 5 * a) * t + 8 * a) * t - 4 * a }
    return (far(x + 1), near(x), near(1 - x), far(2 - x))
  }
}

/// The elements that are read along one dimension, at most four, and their weights.
package struct AxisTaps<Element: FloatingPointElement> {
  /// The number of elements.
  package private(set) var count = 0
  /// The indices of the elements.
  package private(set) var places = InlineArray<4, Int>(repeating: 0)
  /// The weights of the elements.
  package private(set) var weights = InlineArray<4, Element>(repeating: 0)

  fileprivate mutating func add(_ place: Int, _ weight: Element) {
    places[count] = place
    weights[count] = weight
    count += 1
  }
}
