import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReduceL1, opsets 1, 11, 13, 18: the sum of magnitudes along the axes. 0 if empty.
///
/// Floating-point numbers are summed in `Double`; integers wrap around, modulo 2ⁿ.
package struct ReduceL1: Accumulation {
  package static let name = "ReduceL1"
  package static let versions = [1, 11, 13, 18]
  package let axes: ReductionAxes

  func accumulated(_ y: Double, _ x: Double) -> Double { y + x.magnitude }

  func accumulated<Element: IntegerElement>(_ y: Element, _ x: Element) -> Element { x < 0 ? y &- x : y &+ x }
}

/// ONNX ReduceL2, opsets 1, 11, 13, 18: the square root of the sum of squares along the axes. 0 if
/// empty.
///
/// Computed in `Double`. Results for integers are rounded toward zero.
package struct ReduceL2: DoubleReduction, StandardReduction {
  package static let name = "ReduceL2"
  package static let versions = [1, 11, 13, 18]
  package let axes: ReductionAxes

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    // The squares may overflow or underflow even if their root does not.
    let units = try x.reduced(to: shape, from: 0) { (y: Double, x: Double) in max(y, x.magnitude) }
      .mapped { (largest: Double) in Double.unitForSquares(upTo: largest) }
    let sums = try Tensor.broadcasting(x, units) { (x: Double, unit: Double) in x * unit * (x * unit) }
      .reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }
    return try Tensor.broadcasting(sums, units) { (sum: Double, unit: Double) in sum.squareRoot() / unit }
  }
}

/// ONNX ReduceLogSum, opsets 1, 11, 13, 18, 28: the logarithm of the sum along the axes. −∞ if
/// empty.
///
/// Computed in `Double`. Results for integers, which opset 28 no longer allows, are rounded toward
/// zero.
package struct ReduceLogSum: LogarithmicReduction {
  package static let name = "ReduceLogSum"
  package static let versions = [1, 11, 13, 18, 28]
  package let axes: ReductionAxes
  package let elementTypes: ElementTypeSet

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }.mapped { (y: Double) in .log(y) }
  }
}

/// ONNX ReduceLogSumExp, opsets 1, 11, 13, 18, 28: log Σ exp(x) along the axes. −∞ if empty.
///
/// Computed in `Double`, with the maximum factored out so that nothing overflows. Results for
/// integers, which opset 28 no longer allows, are rounded toward zero.
package struct ReduceLogSumExp: LogarithmicReduction {
  package static let name = "ReduceLogSumExp"
  package static let versions = [1, 11, 13, 18, 28]
  package let axes: ReductionAxes
  package let elementTypes: ElementTypeSet

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    // An infinite or missing maximum is not factored out.
    let maxima = try x.reduced(to: shape, from: -.infinity) { (y: Double, x: Double) in x > y ? x : y }
      .mapped { (y: Double) in y.isFinite ? y : 0 }
    let sums = try Tensor.broadcasting(x, maxima) { (x: Double, maximum: Double) in Double.exp(x - maximum) }
      .reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }
    return try .broadcasting(sums, maxima) { (sum: Double, maximum: Double) in Double.log(sum) + maximum }
  }
}

/// ONNX ReduceMax, opsets 1, 11, 12, 13, 18, 20: the maximum along the axes. NaN if an element is
/// NaN.
///
/// If empty: −∞, or the smallest value of a type without infinity. For booleans, false is less than
/// true.
package struct ReduceMax: ExtremumReduction {
  package static let name = "ReduceMax"
  package static let versions = [1, 11, 12, 13, 18, 20]
  package let axes: ReductionAxes

  func prefers<Element: NumericElement>(_ x: Element, to y: Element) -> Bool { x > y }
}

/// ONNX ReduceMean, opsets 1, 11, 13, 18: the mean along the axes. NaN if empty.
///
/// Computed in `Double`. Results for integers are rounded toward zero, and 0 if empty.
package struct ReduceMean: DoubleReduction, StandardReduction {
  package static let name = "ReduceMean"
  package static let versions = [1, 11, 13, 18]
  package let axes: ReductionAxes

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    let elementsPerResult = zip(x.shape, shape).reduce(1.0) { $1.0 == $1.1 ? $0 : $0 * Double($1.0) }
    return try x.reduced(to: shape, from: 0) { (y: Double, x: Double) in y + x }
      .mapped { (y: Double) in y / elementsPerResult }
  }
}

/// ONNX ReduceMin, opsets 1, 11, 12, 13, 18, 20: the minimum along the axes. NaN if an element is
/// NaN.
///
/// If empty: ∞, or the largest value of a type without infinity. For booleans, false is less than
/// true.
package struct ReduceMin: ExtremumReduction {
  package static let name = "ReduceMin"
  package static let versions = [1, 11, 12, 13, 18, 20]
  package let axes: ReductionAxes

  func prefers<Element: NumericElement>(_ x: Element, to y: Element) -> Bool { x < y }
}

/// ONNX ReduceProd, opsets 1, 11, 13, 18: the product along the axes. 1 if empty.
///
/// Floating-point numbers are multiplied in `Double`; integers wrap around, modulo 2ⁿ.
package struct ReduceProd: Accumulation {
  package static let name = "ReduceProd"
  package static let versions = [1, 11, 13, 18]
  package let axes: ReductionAxes

  var neutral: Int8 { 1 }

  func accumulated(_ y: Double, _ x: Double) -> Double { y * x }

  func accumulated<Element: IntegerElement>(_ y: Element, _ x: Element) -> Element { y &* x }
}

/// ONNX ReduceSum, opsets 1, 11, 13: the sum along the axes. 0 if empty.
///
/// Floating-point numbers are summed in `Double`; integers wrap around, modulo 2ⁿ.
package struct ReduceSum: Accumulation {
  package static let name = "ReduceSum"
  package static let versions = [1, 11, 13]
  package static let axesAreInputSince = 13
  package let axes: ReductionAxes

  func accumulated(_ y: Double, _ x: Double) -> Double { y + x }

  func accumulated<Element: IntegerElement>(_ y: Element, _ x: Element) -> Element { y &+ x }
}

/// ONNX ReduceSumSquare, opsets 1, 11, 13, 18: the sum of squares along the axes. 0 if empty.
///
/// Floating-point numbers are summed in `Double`; integers wrap around, modulo 2ⁿ.
package struct ReduceSumSquare: Accumulation {
  package static let name = "ReduceSumSquare"
  package static let versions = [1, 11, 13, 18]
  package let axes: ReductionAxes

  func accumulated(_ y: Double, _ x: Double) -> Double { y + x * x }

  func accumulated<Element: IntegerElement>(_ y: Element, _ x: Element) -> Element { y &+ x &* x }
}
