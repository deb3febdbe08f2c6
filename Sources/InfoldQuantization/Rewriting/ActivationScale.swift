import InfoldOperators

/// The scale and the zero point of a value in uint8: real = (number − zeroPoint) · scale.
package struct ActivationScale: Sendable, Hashable {
  /// What one step is.
  package let scale: Float
  /// The number that stands for zero, 0 to 255.
  package let zeroPoint: UInt8

  /// The numbers of 8 bits spread evenly over a range, to which zero is added.
  ///
  /// A range without extent, or one too small for a usual scale, gets 1 and 0.
  package init(covering range: ClosedRange<Double>) {
    let lower = min(range.lowerBound, 0), upper = max(range.upperBound, 0)
    let exact = (upper - lower) / 255
    let step = Float(exact)
    guard step >= usualScales.lowerBound, step.isFinite else {
      scale = 1
      zeroPoint = 0
      return
    }
    scale = step
    zeroPoint = UInt8(min(max((-lower / exact).rounded(.toNearestOrEven), 0), 255))
  }

  /// Whether bounding a value to these changes nothing that quantization does not do.
  func bounds(within lower: Float, _ upper: Float) -> Bool {
    func place(_ bound: Float) -> Float { (bound / scale).rounded(.toNearestOrEven) + Float(zeroPoint) }
    return place(lower) <= 0 && place(upper) >= 255
  }
}
