import InfoldOperators
import InfoldTensor

extension ElementType {
  /// Returns whether `value` is finite when rounded to this floating-point type.
  func canHold(_ value: Double) -> Bool { rounded(value).isFinite }

  /// Returns `value` rounded to this floating-point type.
  func rounded(_ value: Double) -> Double {
    switch self {
    case .float16: Double(Float16(value))
    case .bfloat16: Double(Float(BFloat16(Float(value))))
    case .float32: Double(Float(value))
    default: value
    }
  }

  /// Returns the error of rounding `value` to this floating-point type. For float64, the type of
  /// this computation, it is an upper bound.
  func roundingError(_ value: Double) -> Double {
    self == .float64 ? value.magnitude * unitRoundoff : (rounded(value) - value).magnitude
  }

  /// The unit roundoff u of a floating-point type, half the distance from 1 to the next larger
  /// number. It bounds the relative error of rounding.
  package var unitRoundoff: Double {
    switch self {
    case .float16: 0x1p-11
    case .bfloat16: 0x1p-8
    case .float64: 0x1p-53
    default: 0x1p-24
    }
  }

  /// The smallest normal number of a floating-point type, which is the smallest magnitude with full
  /// precision.
  package var leastNormalMagnitude: Double {
    switch self {
    case .float16: 0x1p-14
    case .float64: .leastNormalMagnitude
    default: 0x1p-126
    }
  }
}
