/// How a model is quantized.
public struct QuantizationOptions: Sendable, Hashable {
  /// How the range of a value is found.
  public enum Method: Sendable, Hashable {
    /// From its least to its greatest number.
    case minMax
    /// So that this percentage of its numbers lies inside, and as many of the others below as above.
    case percentile(Double)
  }

  /// How the range of a value is found.
  public var method: Method
  /// The names of nodes that stay in floats.
  public var excluded: [String]

  /// Options.
  public init(method: Method = .minMax, excluded: [String] = []) {
    self.method = method
    self.excluded = excluded
  }
}

/// The scale and the zero point with which a value is brought to 8 bits.
struct ValueQuantization: Sendable, Hashable {
  /// What a step is worth.
  let scale: Float
  /// The number that stands for 0.
  let zeroPoint: UInt8

  /// The numbers that uint8 can stand for, from `lower` to `upper` and with 0.
  init(from lower: Float, to upper: Float) {
    let lower = min(lower, 0), upper = max(upper, 0)
    // Half of each, since the whole may be too large for the type.
    let step = (upper / 255 - lower / 255)
    scale = step > 1e-30 ? step : 1
    zeroPoint = UInt8(min(max((-lower / scale).rounded(.toNearestOrEven), 0), 255))
  }

  /// The greatest number.
  var greatest: Float { Float(255 - Int(zeroPoint)) * scale }
}
