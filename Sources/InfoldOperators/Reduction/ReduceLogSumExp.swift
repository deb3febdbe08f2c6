import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReduceLogSumExp, opsets 1, 11, 13, 18, 28: log Σ exp(x) along the axes, −∞ of nothing.
///
/// Computed in `Double`, with the greatest element taken out of the sum, so that nothing overflows; the results for integers,
/// which opset 28 does not allow any more, are rounded toward zero.
package struct ReduceLogSumExp: ReductionOperator {
  package static let name = "ReduceLogSumExp"
  package static let versions = [1, 11, 13, 18, 28]
  package static let axesAreInputSince = 18
  package static func elementTypes(since version: Int) -> ElementTypeSet { version < 28 ? .numeric : .floatingPoint }
  package let axes: ReductionAxes
  package let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
    elementTypes = Self.elementTypes(since: attributes.version)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try logarithms(x.doubles(), shape).mapped { (y: Double) in Element(y) }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try logarithms(x.doubles(), shape).mapped { (y: Double) in Element(saturating: y) }
  }

  private func logarithms(_ x: Tensor, _ shape: [Int]) throws(InfoldError) -> Tensor {
    // Where the maximum is infinite, or there is none, nothing is taken out.
    let maxima = try x.reduced(to: shape, from: -.infinity) { (y: Double, x: Double) in x > y ? x : y }
      .mapped { (y: Double) in y.isFinite ? y : 0 }
    let sums = try Tensor.broadcasting(x, maxima) { (x: Double, maximum: Double) in Double.exp(x - maximum) }
      .reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }
    return try .broadcasting(sums, maxima) { (sum: Double, maximum: Double) in Double.log(sum) + maximum }
  }
}
