import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReduceL2, opsets 1, 11, 13, 18: the root of the sum of the squares along the axes, 0 of nothing.
///
/// Computed in `Double`; the roots of integers are rounded toward zero.
package struct ReduceL2: ReductionOperator {
  package static let name = "ReduceL2"
  package static let versions = [1, 11, 13, 18]
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    guard Element.self == Double.self else {
      return try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) * Double(x) }
        .mapped { (y: Double) in Element(y.squareRoot()) }
    }
    // The squares may be out of range where their root is not.
    let units = try x.reduced(to: shape, from: 0) { (y: Double, x: Double) in max(y, x.magnitude) }
      .mapped { (largest: Double) in Double.unitForSquares(upTo: largest) }
    let sums = try Tensor.broadcasting(x, units) { (x: Double, unit: Double) in x * unit * (x * unit) }
      .reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }
    return try Tensor.broadcasting(sums, units) { (sum: Double, unit: Double) in sum.squareRoot() / unit }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) * Double(x) }
      .mapped { (y: Double) in Element(saturating: y.squareRoot()) }
  }
}
