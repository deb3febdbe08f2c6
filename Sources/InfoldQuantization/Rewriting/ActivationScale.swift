import InfoldOperators

/// The scale and zero point of a uint8 value: real = (number − zeroPoint) · scale.
public struct ActivationScale: Sendable, Hashable {
  /// The size of one step.
  public let scale: Float
  /// The number that represents zero, 0 to 255.
  public let zeroPoint: UInt8

  /// Creates a scale that spreads the 8-bit numbers evenly over a range, extended to include zero.
  ///
  /// A range that is empty, or too small for a normal scale, gets scale 1 and zero point 0.
  public init(covering range: ClosedRange<Double>) {
    let lower = min(range.lowerBound, 0), upper = max(range.upperBound, 0)
    let exact = (upper - lower) / 255
    let step = Float(exact)
    guard step >= kernelScales.lowerBound, step.isFinite else {
      scale = 1
      zeroPoint = 0
      return
    }
    scale = step
    zeroPoint = UInt8(min(max((-lower / exact).rounded(.toNearestOrEven), 0), 255))
  }

  /// Returns whether quantization clips a value at least as tightly as these bounds.
  func clips(atLeastTo lower: Float, _ upper: Float) -> Bool {
    func place(_ bound: Float) -> Float { (bound / scale).rounded(.toNearestOrEven) + Float(zeroPoint) }
    return place(lower) <= 0 && place(upper) >= 255
  }
}
