import InfoldGraph

extension ElementType {
  /// Whether `value`, rounded to this floating-point type, is finite.
  func canHold(_ value: Double) -> Bool {
    switch self {
    case .float16: Float16(value).isFinite
    case .bfloat16: Float(value).isFinite && Float(BFloat16(Float(value))).isFinite
    case .float32: Float(value).isFinite
    default: value.isFinite
    }
  }
}

extension SlidingWindow {
  /// Whether some position of the window may lie on padding, for an input with these spatial dimensions.
  func mayPad(input: [Dimension]?) -> Bool {
    switch padding {
    case .explicit(let before, let after):
      return (before + after).contains { $0 > 0 }
    case .sameUpper, .sameLower:
      return (0..<rank).contains { axis in
        if kernel[axis] == 1 { return false }
        guard let size = input?[axis].size, let extent = try? extent(axis, input: size) else { return true }
        return extent.padBefore + extent.padAfter > 0
      }
    }
  }
}
