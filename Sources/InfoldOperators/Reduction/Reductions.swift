import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReduceL1, opsets 1, 11, 13, 18: the sum of the magnitudes along the axes, 0 of nothing.
///
/// Floating-point numbers are summed in `Double`, integers modulo 2ⁿ.
package struct ReduceL1: DoubleReduction {
  package static let name = "ReduceL1"
  package static let versions = [1, 11, 13, 18]
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x.magnitude }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reducedIntegers(to: shape, from: 0 as Element) { (y: Element, x: Element) in x < 0 ? y &- x : y &+ x }
  }
}

/// ONNX ReduceL2, opsets 1, 11, 13, 18: the root of the sum of the squares along the axes, 0 of nothing.
///
/// Computed in `Double`; the roots of integers are rounded toward zero.
package struct ReduceL2: DoubleReduction {
  package static let name = "ReduceL2"
  package static let versions = [1, 11, 13, 18]
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    // The squares may be out of range where their root is not.
    let units = try x.reduced(to: shape, from: 0) { (y: Double, x: Double) in max(y, x.magnitude) }
      .mapped { (largest: Double) in Double.unitForSquares(upTo: largest) }
    let sums = try Tensor.broadcasting(x, units) { (x: Double, unit: Double) in x * unit * (x * unit) }
      .reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }
    return try Tensor.broadcasting(sums, units) { (sum: Double, unit: Double) in sum.squareRoot() / unit }
  }
}

/// ONNX ReduceLogSum, opsets 1, 11, 13, 18, 28: the logarithm of the sum along the axes, −∞ of nothing.
///
/// Computed in `Double`; the logarithms of integers, which opset 28 does not allow any more, are rounded toward zero.
package struct ReduceLogSum: DoubleReduction {
  package static let name = "ReduceLogSum"
  package static let versions = [1, 11, 13, 18, 28]
  package static let axesAreInputSince = 18
  package static func elementTypes(since version: Int) -> ElementTypeSet { version < 28 ? .numeric : .floatingPoint }
  package let axes: ReductionAxes
  package let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
    elementTypes = Self.elementTypes(since: attributes.version)
  }

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }.mapped { (y: Double) in .log(y) }
  }
}

/// ONNX ReduceLogSumExp, opsets 1, 11, 13, 18, 28: log Σ exp(x) along the axes, −∞ of nothing.
///
/// Computed in `Double`, with the greatest element taken out of the sum, so that nothing overflows; the results for integers,
/// which opset 28 does not allow any more, are rounded toward zero.
package struct ReduceLogSumExp: DoubleReduction {
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

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    // Where the maximum is infinite, or there is none, nothing is taken out.
    let maxima = try x.reduced(to: shape, from: -.infinity) { (y: Double, x: Double) in x > y ? x : y }
      .mapped { (y: Double) in y.isFinite ? y : 0 }
    let sums = try Tensor.broadcasting(x, maxima) { (x: Double, maximum: Double) in Double.exp(x - maximum) }
      .reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }
    return try .broadcasting(sums, maxima) { (sum: Double, maximum: Double) in Double.log(sum) + maximum }
  }
}

/// ONNX ReduceMax, opsets 1, 11, 12, 13, 18, 20: the greatest along the axes, NaN where one of them is.
///
/// Of nothing: −∞, or the least value where the type has no infinity. Of truth values, false is the less.
package struct ReduceMax: ReductionOperator {
  package static let name = "ReduceMax"
  package static let versions = [1, 11, 12, 13, 18, 20]
  package static let elementTypes = ElementTypeSet.all
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: -.infinity as Element) { (y: Element, x: Element) in x > y || x.isNaN ? x : y }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reducedIntegers(to: shape, from: .min as Element) { (y: Element, x: Element) in x > y ? x : y }
  }
}

/// ONNX ReduceMean, opsets 1, 11, 13, 18: the mean along the axes; NaN of nothing.
///
/// Computed in `Double`; the means of integers are rounded toward zero, and 0 of nothing.
package struct ReduceMean: DoubleReduction {
  package static let name = "ReduceMean"
  package static let versions = [1, 11, 13, 18]
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    let elementsPerResult = zip(x.shape, shape).reduce(1.0) { $1.0 == $1.1 ? $0 : $0 * Double($1.0) }
    return try x.reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }
      .mapped { (y: Double) in y / elementsPerResult }
  }
}

/// ONNX ReduceMin, opsets 1, 11, 12, 13, 18, 20: the least along the axes, NaN where one of them is.
///
/// Of nothing: ∞, or the greatest value where the type has no infinity. Of truth values, false is the less.
package struct ReduceMin: ReductionOperator {
  package static let name = "ReduceMin"
  package static let versions = [1, 11, 12, 13, 18, 20]
  package static let elementTypes = ElementTypeSet.all
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: .infinity as Element) { (y: Element, x: Element) in x < y || x.isNaN ? x : y }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reducedIntegers(to: shape, from: .max as Element) { (y: Element, x: Element) in x < y ? x : y }
  }
}

/// ONNX ReduceProd, opsets 1, 11, 13, 18: the product along the axes, 1 of nothing.
///
/// Floating-point numbers are multiplied in `Double`, integers modulo 2ⁿ.
package struct ReduceProd: DoubleReduction {
  package static let name = "ReduceProd"
  package static let versions = [1, 11, 13, 18]
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 1) { (y: Double, x: Double) in y * x }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reducedIntegers(to: shape, from: 1 as Element) { (y: Element, x: Element) in y &* x }
  }
}

/// ONNX ReduceSum, opsets 1, 11, 13: the sum along the axes, 0 of nothing.
///
/// Floating-point numbers are summed in `Double`, integers modulo 2ⁿ.
package struct ReduceSum: DoubleReduction {
  package static let name = "ReduceSum"
  package static let versions = [1, 11, 13]
  package static let axesAreInputSince = 13
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reducedIntegers(to: shape, from: 0 as Element) { (y: Element, x: Element) in y &+ x }
  }
}

/// ONNX ReduceSumSquare, opsets 1, 11, 13, 18: the sum of the squares along the axes, 0 of nothing.
///
/// Floating-point numbers are summed in `Double`, integers modulo 2ⁿ.
package struct ReduceSumSquare: DoubleReduction {
  package static let name = "ReduceSumSquare"
  package static let versions = [1, 11, 13, 18]
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x * x }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reducedIntegers(to: shape, from: 0 as Element) { (y: Element, x: Element) in y &+ x &* x }
  }
}

/// A reduction that is computed in `Double`; results of integers are rounded toward zero, where the operator has nothing else for them.
protocol DoubleReduction: ReductionOperator {
  /// The reduction of float64 elements to `shape`, in which the reduced axes have size 1.
  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor
}

extension DoubleReduction {
  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try reduce(x.doubles(), to: shape).cast(to: Element.elementType)
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try reduce(x.doubles(), to: shape).cast(to: Element.elementType)
  }
}
