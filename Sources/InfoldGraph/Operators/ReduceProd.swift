/// ONNX ReduceProd, opsets 1, 11, 13, 18: the product along the axes, 1 of nothing.
///
/// Floating-point numbers are multiplied in `Double`, integers modulo 2ⁿ.
public struct ReduceProd: ReductionOperator {
  public static let name = "ReduceProd"
  public static let versions = [1, 11, 13, 18]
  public static let axesAreInputSince = 18
  public let axes: ReductionAxes

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  public func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 1) { (y: Double, x: Element) in y * Double(x) }
      .mapped { (y: Double) in Element(y) }
  }

  public func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 1 as Element) { (y: Element, x: Element) in y &* x }
  }
}
