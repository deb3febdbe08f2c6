import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The elements that contribute to an element of a resized tensor along one axis.
package enum ResizeNeighbours: Sendable {
  /// The nearest element.
  case nearest
  /// The two nearest elements, weighted.
  case linear
}

/// The computation of the elements of a resized tensor: which elements of the original contribute,
/// and with which weights. Axes are independent and are processed one after the other.
struct Resampling: Sendable {
  /// The rounding of positions between two elements in nearest-neighbor mode: ONNX's
  /// `nearest_mode`.
  enum NearestMode: String, Sendable, CaseIterable {
    case roundPreferFloor = "round_prefer_floor"
    case roundPreferCeil = "round_prefer_ceil"
    case floor
    case ceil
    /// The behavior before `nearest_mode` existed: `floor` if the tensor grows, `ceil` if it
    /// shrinks.
    case legacy = ""
  }

  /// The interpolation kernel.
  enum Kernel: Sendable {
    case nearest(NearestMode)
    case linear
    /// Keys' cubic convolution with coefficient a (IEEE Transactions on Acoustics, Speech, and
    /// Signal Processing 29, 1981).
    case cubic(a: Double)
  }

  var kernel: Kernel

  /// Whether weights are never negative.
  var isAverage: Bool {
    if case .cubic = kernel { false } else { true }
  }
  var transformation: CoordinateTransformation
  /// Whether elements outside the original have weight 0 instead of repeating the border.
  var excludesOutside = false
  /// Whether the kernel is widened if the tensor shrinks.
  var antialiases = false
  /// The value of the result where `tfCropAndResize` samples outside the original.
  var extrapolationValue: Float = 0

  /// The element types that this resampling supports. Nearest-neighbor mode supports every type.
  var elementTypes: ElementTypeSet {
    if case .nearest = kernel { .all } else { .numeric }
  }

  /// The contributing elements if the kernel is neither widened nor cut off; `nil` for more than
  /// two neighbors.
  var neighbours: ResizeNeighbours? {
    switch kernel {
    case .nearest: .nearest
    case .linear: .linear
    case .cubic: nil
    }
  }

  /// The most elements along one axis that contribute to one element of a result.
  private static let maximumTaps = 1 << 24

  /// Throws an error if an axis cannot be resized.
  func check(_ axis: ResizedAxis) throws(InfoldError) {
    guard axis.output > 0, axis.input != axis.output || !axis.isIdentity(transformation) else { return }
    guard axis.input > 0 else {
      throw InfoldError(.invalidModel, "cannot resize axis \(axis.axis) to \(axis.output) because it is empty")
    }
    guard Double(radius) / stretch(axis) <= Double(Self.maximumTaps / 2) else {
      throw InfoldError(.limitExceeded, "axis \(axis.axis) shrinks too much, by a factor of \(axis.scale)")
    }
  }

  /// Returns `x` with the given axes resized.
  func apply(to x: Tensor, _ axes: [ResizedAxis]) throws(InfoldError) -> Tensor {
    let axes = axes.filter { !$0.isIdentity(transformation) || $0.input != $0.output }
    if case .nearest(let mode) = kernel { return try nearest(x, axes, mode) }
    switch x.elementType {
    case .float32: return try interpolate(x, axes, as: Float.self)
    case .float64: return try interpolate(x, axes, as: Double.self)
    case .float16, .bfloat16:
      return try interpolate(try x.converted(to: .float32), axes, as: Float.self).converted(to: x.elementType)
    default:
      let result = try interpolate(try x.cast(to: .float64), axes, as: Double.self)
      return try result.mapped { (y: Double) in y.rounded(.toNearestOrEven) }.cast(to: x.elementType)
    }
  }
}

extension Resampling {
  private func nearest(_ x: Tensor, _ axes: [ResizedAxis], _ mode: NearestMode) throws(InfoldError) -> Tensor {
    let strides = rowMajorStrides(x.shape)
    var map = IndexMap(identityOf: x.shape)
    for axis in axes {
      let stride = strides[axis.axis]
      let distance: (Int) -> Int? = { index in
        guard !axis.isOutside(index, transformation) else { return nil }
        return stride * neighbour(of: index, axis, mode)
      }
      let table = axis.output <= 1 << 20 ? (0..<axis.output).map(distance) : nil
      map.axes[axis.axis] = .computed(count: axis.output) { index in
        if let table { table[index] } else { distance(index) }
      }
    }
    return try map.apply(to: x, fill: try Tensor(scalar: extrapolationValue).cast(to: x.elementType))
  }

  /// Returns the element that is used for position `index` of the result.
  func neighbour(of index: Int, _ axis: ResizedAxis, _ mode: NearestMode) -> Int {
    axis.isGivenInFloat(transformation)
      ? neighbour(of: index, axis, mode, in: Float.self) : neighbour(of: index, axis, mode, in: Double.self)
  }

  private func neighbour<Real: BinaryFloatingPoint>(
    of index: Int, _ axis: ResizedAxis, _ mode: NearestMode, in _: Real.Type
  ) -> Int {
    let x = axis.coordinate(of: index, transformation, in: Real.self)
    let below = x.rounded(.down)
    let rounded: Real =
      switch mode {
      case .roundPreferFloor: x - below <= 0.5 ? below : below + 1
      case .roundPreferCeil: x - below < 0.5 ? below : below + 1
      case .floor: below
      case .ceil: x.rounded(.up)
      case .legacy: x.rounded(axis.scale < 1 ? .up : .down)
      }
    // `Real(axis.input)` may be larger than the size because of rounding.
    return min(Int(max(0, min(rounded, Real(axis.input)))), axis.input - 1)
  }
}

extension Resampling {
  /// The distance that the kernel reaches on each side of its center, in elements.
  private var radius: Int {
    switch kernel {
    case .nearest, .linear: 1
    case .cubic: 2
    }
  }

  /// Returns the distance in the result that corresponds to one step of the kernel. It is less than
  /// 1 if the kernel is widened.
  private func stretch(_ axis: ResizedAxis) -> Double {
    antialiases ? min(axis.scale, 1) : 1
  }

  /// Returns the kernel at distance `x` from its center.
  private func weight(_ x: Double) -> Double {
    let x = abs(x)
    switch kernel {
    case .nearest: return x < 0.5 ? 1 : 0
    case .linear: return max(0, 1 - x)
    case .cubic(let a):
      if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
    }
  }

  /// Consecutive elements along an axis of the original, and their weights.
  struct Taps {
    var first = 0
    var weights: [Double] = []
  }

  /// Returns the elements that contribute to position `index` of the result, or `nil` for the
  /// extrapolation value.
  func taps(of index: Int, _ axis: ResizedAxis) -> Taps? {
    guard !axis.isOutside(index, transformation) else { return nil }
    let center = axis.coordinate(of: index, transformation, in: Double.self)
    let stretch = stretch(axis)
    let reach = Double(radius) / stretch
    let limit = 0x1p52
    let lower = Int(max(-limit, min((center - reach).rounded(.down) + 1, limit)))
    let upper = Int(max(-limit, min((center + reach).rounded(.up) - 1, limit)))
    let last = axis.input - 1
    var taps = Taps(first: max(0, min(lower, last)))
    taps.weights = Array(repeating: 0, count: max(0, min(upper, last)) - taps.first + 1)
    var sum = 0.0
    for position in lower...max(lower, upper) {
      let weight = weight((Double(position) - center) * stretch)
      let isInside = position >= 0 && position <= last
      guard isInside || !excludesOutside else { continue }
      taps.weights[max(0, min(position, last)) - taps.first] += weight
      sum += weight
    }
    if sum != 0, antialiases || excludesOutside {
      for tap in taps.weights.indices { taps.weights[tap] /= sum }
    }
    return taps
  }

  private func interpolate<Element: FloatingPointElement>(
    _ x: Tensor, _ axes: [ResizedAxis], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    var x = x
    for axis in axes { x = try interpolate(x, axis, as: Element.self) }
    return x
  }

  private func interpolate<Element: FloatingPointElement>(
    _ x: Tensor, _ axis: ResizedAxis, as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    var shape = x.shape
    shape[axis.axis] = axis.output
    var result = try Tensor(zeros: shape, of: Element.elementType)
    guard result.count > 0 else { return result }
    let inner = shape[(axis.axis + 1)...].reduce(1, *)
    let outer = shape[..<axis.axis].reduce(1, *)
    try result.withMutableSpan(as: Element.self) { result in
      x.withElements(as: Element.self) { x in
        for index in 0..<axis.output {
          let taps = taps(of: index, axis)
          let weights = taps?.weights.map { Element($0) } ?? []
          for block in 0..<outer {
            let row = (block * axis.output + index) * inner
            guard let taps else {
              for column in row..<(row + inner) { result[column] = Element(extrapolationValue) }
              continue
            }
            for (tap, weight) in weights.enumerated() where weight != 0 {
              addScaled(
                x, from: (block * axis.input + taps.first + tap) * inner, stride: 1, by: weight, into: &result, at: row,
                count: inner)
            }
          }
        }
      }
    }
    return result
  }
}
