/// ONNX ReduceLogSum, opsets 1, 11, 13, 18, 28: the logarithm of the sum along the axes, −∞ of nothing.
///
/// Computed in `Double`; the logarithms of integers, which opset 28 does not allow any more, are rounded toward zero.
public struct ReduceLogSum: ReductionOperator {
  public static let name = "ReduceLogSum"
  public static let versions = [1, 11, 13, 18, 28]
  public static let axesAreInputSince = 18
  public static func elementTypes(since version: Int) -> ElementTypeSet { version < 28 ? .numeric : .floatingPoint }
  public let axes: ReductionAxes
  public let elementTypes: ElementTypeSet

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
    elementTypes = Self.elementTypes(since: attributes.version)
  }

  public func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) }
      .mapped { (y: Double) in Element(Double.log(y)) }
  }

  public func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) }
      .mapped { (y: Double) in Element(saturating: .log(y)) }
  }
}
