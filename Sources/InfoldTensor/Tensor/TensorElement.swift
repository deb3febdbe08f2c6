internal import RealModule

/// A Swift type that is one element of a tensor.
public protocol TensorElement: Sendable, BitwiseCopyable, Hashable {
  /// The ONNX element type that corresponds to this Swift type.
  static var elementType: ElementType { get }
  /// The element whose value is zero (or false).
  static var zeroElement: Self { get }
}

/// An element with arithmetic: every integer, `Float` and `Double`.
public protocol NumericElement: TensorElement, Numeric, Comparable {
  /// The lowest value: −∞, or the smallest integer.
  static var lowest: Self { get }
  /// Returns self + a · b. Integers wrap around. Floating point rounds the product and the sum.
  func adding(_ a: Self, times b: Self) -> Self
}

/// An integer element. Its arithmetic in operators is modulo 2ⁿ and never traps.
public protocol IntegerElement: NumericElement, FixedWidthInteger {}

/// An element type in which floating-point operators are evaluated: `Float` or `Double`. Tensors of
/// float16 and bfloat16 are widened to `Float`, and the results are rounded once.
public protocol FloatingPointElement: NumericElement, BinaryFloatingPoint {
  /// Returns eˣ.
  static func exp(_ x: Self) -> Self
  /// Returns eˣ − 1 without cancellation near zero.
  static func expMinusOne(_ x: Self) -> Self
  /// Returns the natural logarithm: −∞ at zero, NaN below.
  static func log(_ x: Self) -> Self
  /// Returns ln(1 + x) without cancellation near zero.
  static func log(onePlus x: Self) -> Self
  /// Returns x to the power of y, or NaN for negative x.
  static func pow(_ x: Self, _ y: Self) -> Self
  /// Returns the square root, or NaN below zero.
  static func sqrt(_ x: Self) -> Self
  /// Returns the error function, 2 ÷ √π · ∫ exp(−t²) dt from 0 to x.
  static func erf(_ x: Self) -> Self
  /// Returns √(x² + y²) without intermediate overflow.
  static func hypot(_ x: Self, _ y: Self) -> Self

  /// Returns the sine.
  static func sin(_ x: Self) -> Self
  /// Returns the cosine.
  static func cos(_ x: Self) -> Self
  /// Returns the tangent.
  static func tan(_ x: Self) -> Self
  /// Returns the inverse sine.
  static func asin(_ x: Self) -> Self
  /// Returns the inverse cosine.
  static func acos(_ x: Self) -> Self
  /// Returns the inverse tangent.
  static func atan(_ x: Self) -> Self
  /// Returns the hyperbolic sine.
  static func sinh(_ x: Self) -> Self
  /// Returns the hyperbolic cosine.
  static func cosh(_ x: Self) -> Self
  /// Returns the hyperbolic tangent.
  static func tanh(_ x: Self) -> Self
  /// Returns the inverse hyperbolic sine.
  static func asinh(_ x: Self) -> Self
  /// Returns the inverse hyperbolic cosine.
  static func acosh(_ x: Self) -> Self
  /// Returns the inverse hyperbolic tangent.
  static func atanh(_ x: Self) -> Self
}

extension NumericElement {
  public static var zeroElement: Self { 0 }
}
extension NumericElement where Self: FixedWidthInteger {
  public static var lowest: Self { min }
  @inline(__always)
  public func adding(_ a: Self, times b: Self) -> Self { self &+ a &* b }
}
extension NumericElement where Self: FloatingPoint {
  public static var lowest: Self { -.infinity }
  @inline(__always)
  public func adding(_ a: Self, times b: Self) -> Self { self + a * b }
}

extension Float: FloatingPointElement {
  public static var elementType: ElementType { .float32 }
}
extension Double: FloatingPointElement {
  public static var elementType: ElementType { .float64 }
}
extension Float16: TensorElement {
  public static var elementType: ElementType { .float16 }
  public static var zeroElement: Float16 { 0 }
}
extension BFloat16: TensorElement {
  public static var elementType: ElementType { .bfloat16 }
  public static var zeroElement: BFloat16 { BFloat16(bitPattern: 0) }
}
extension Int8: IntegerElement {
  public static var elementType: ElementType { .int8 }
}
extension Int16: IntegerElement {
  public static var elementType: ElementType { .int16 }
}
extension Int32: IntegerElement {
  public static var elementType: ElementType { .int32 }
}
extension Int64: IntegerElement {
  public static var elementType: ElementType { .int64 }
}
extension UInt8: IntegerElement {
  public static var elementType: ElementType { .uint8 }
}
extension UInt16: IntegerElement {
  public static var elementType: ElementType { .uint16 }
}
extension UInt32: IntegerElement {
  public static var elementType: ElementType { .uint32 }
}
extension UInt64: IntegerElement {
  public static var elementType: ElementType { .uint64 }
}
extension Bool: TensorElement {
  public static var elementType: ElementType { .bool }
  public static var zeroElement: Bool { false }
}
