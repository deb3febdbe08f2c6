/// ONNX ReduceMin, opsets 1, 11, 12, 13, 18, 20: the least along the axes, NaN where one of them is.
///
/// Of nothing: ∞, or the greatest value where the type has no infinity. Of truth values, false is the less.
public struct ReduceMin: ReductionOperator {
  public static let name = "ReduceMin"
  public static let versions = [1, 11, 12, 13, 18, 20]
  public static let elementTypes = ElementTypeSet.all
  public static let axesAreInputSince = 18
  public let axes: ReductionAxes

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  public func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: .infinity as Element) { (y: Element, x: Element) in x < y || x.isNaN ? x : y }
  }

  public func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: .max as Element) { (y: Element, x: Element) in x < y ? x : y }
  }
}
