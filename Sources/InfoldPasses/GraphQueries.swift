import InfoldOperators
import InfoldTensor

extension ElementType {
  /// Whether `value`, rounded to this floating-point type, is finite.
  func canHold(_ value: Double) -> Bool { rounded(value).isFinite }

  /// `value` as this floating-point type has it.
  func rounded(_ value: Double) -> Double {
    switch self {
    case .float16: Double(Float16(value))
    case .bfloat16: Double(Float(BFloat16(Float(value))))
    case .float32: Double(Float(value))
    default: value
    }
  }

  /// How far `value` is off when it is rounded to this floating-point type; of float64, in which it is computed, how far it may be.
  func roundingError(_ value: Double) -> Double {
    self == .float64 ? value.magnitude * unitRoundoff : (rounded(value) - value).magnitude
  }

  /// u, half the distance from 1 to the next larger number, of a floating-point type: how far a number that is rounded to it may be off,
  /// relative to it.
  package var unitRoundoff: Double {
    switch self {
    case .float16: 0x1p-11
    case .bfloat16: 0x1p-8
    case .float64: 0x1p-53
    default: 0x1p-24
    }
  }

  /// The smallest normal number of a floating-point type: the least magnitude that it has with all of its digits.
  package var leastNormalMagnitude: Double {
    switch self {
    case .float16: 0x1p-14
    case .float64: .leastNormalMagnitude
    default: 0x1p-126
    }
  }
}
