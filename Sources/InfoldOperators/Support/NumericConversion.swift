import InfoldSystem
import InfoldTensor

extension IntegerElement {
  /// `value` rounded toward zero and bounded to what the type can hold; 0 for NaN.
  init(saturating value: Double) {
    self =
      value.isNaN ? 0 : value >= Double(Self.max) ? .max : value <= Double(Self.min) ? .min : Self(value)
  }
}

extension Tensor {
  /// The same numbers in float64; integers beyond 2⁵³ are rounded to nearest.
  /// - Precondition: The elements are of a numeric type.
  func doubles() throws(InfoldError) -> Tensor {
    if elementType.isFloatingPoint { return try converted(to: .float64) }
    return try withIntegerType { (type) throws(InfoldError) in
      func convert<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
        try mapped { (x: Element) in Double(x) }
      }
      return try convert(type)
    }
  }

  /// The same integers in int64; those beyond are bounded.
  /// - Precondition: The elements are of an integer type.
  func int64s() throws(InfoldError) -> Tensor {
    if elementType == .int64 { return self }
    return try withIntegerType { (type) throws(InfoldError) in
      func convert<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
        try mapped { (x: Element) in Int64(clamping: x) }
      }
      return try convert(type)
    }
  }

  private func withIntegerType(
    _ body: (any IntegerElement.Type) throws(InfoldError) -> Tensor
  ) throws(InfoldError) -> Tensor {
    try withElementType(
      of: [self],
      floatingPoint: { (_, type) throws(InfoldError) in preconditionFailure("\(type) is not an integer type") },
      integer: { (_, type) throws(InfoldError) in try body(type) })
  }
}
