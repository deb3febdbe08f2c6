import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReduceMean, opsets 1, 11, 13, 18: the mean along the axes; NaN of nothing.
///
/// Computed in `Double`; the means of integers are rounded toward zero, and 0 of nothing.
package struct ReduceMean: ReductionOperator {
  package static let name = "ReduceMean"
  package static let versions = [1, 11, 13, 18]
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    let count = elementsPerResult(x, shape)
    return try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) }
      .mapped { (y: Double) in Element(y / count) }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    let count = elementsPerResult(x, shape)
    return try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) }
      .mapped { (y: Double) in Element(saturating: y / count) }
  }

  /// How many elements fall on one of the result.
  private func elementsPerResult(_ x: Tensor, _ shape: [Int]) -> Double {
    zip(x.shape, shape).reduce(1) { $1.0 == $1.1 ? $0 : $0 * Double($1.0) }
  }
}
