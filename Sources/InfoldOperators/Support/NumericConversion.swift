import InfoldSystem
import InfoldTensor

extension Tensor {
  /// Returns the numbers as float64. Integers beyond 2⁵³ are rounded to nearest.
  /// - Precondition: The element type is numeric, int4 or uint4.
  func doubles() throws(InfoldError) -> Tensor {
    func converted<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
      try mapped { (x: Element) in Double(x) }
    }
    switch elementType {
    case let type where type.isFloatingPoint: return try self.converted(to: .float64)
    case .int64: return try converted(Int64.self)
    case .int4, .uint4: return try inWholeBytes().doubles()
    case let type: return try converted(type.integerElement)
    }
  }

  /// Returns the integers as int64. Values out of range are clamped.
  /// - Precondition: The element type is an integer type.
  func int64s() throws(InfoldError) -> Tensor {
    func clamped<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
      try mapped { (x: Element) in Int64(clamping: x) }
    }
    return elementType == .int64 ? self : try clamped(elementType.integerElement)
  }
}
