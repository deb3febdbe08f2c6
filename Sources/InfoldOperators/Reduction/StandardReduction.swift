import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An ONNX reduction without attributes other than those of its axes.
protocol StandardReduction: ReductionOperator {
  /// Creates a reduction along `axes`.
  init(axes: ReductionAxes)
}

extension StandardReduction {
  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    self.init(axes: try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince))
  }
}

extension ReductionOperator {
  package static var axesAreInputSince: Int { 18 }
}

/// A maximum or minimum. NaN if an element is NaN. For an empty slice, the value that any element
/// would replace, such as −∞ for the maximum.
protocol ExtremumReduction: StandardReduction {
  /// Returns whether `x` is closer to the extremum than `y`.
  func prefers<Element: NumericElement>(_ x: Element, to y: Element) -> Bool
}

extension ExtremumReduction {
  package static var elementTypes: ElementTypeSet { .all }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    let last: Element = prefers(-.infinity, to: Element.infinity) ? .infinity : -.infinity
    return try x.reduced(to: shape, from: last) { (y: Element, x: Element) in prefers(x, to: y) || x.isNaN ? x : y }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    let last: Element = prefers(.min, to: Element.max) ? .max : .min
    return try x.reducedIntegers(to: shape, from: last) { (y: Element, x: Element) in prefers(x, to: y) ? x : y }
  }
}

/// A reduction that is computed in `Double`. By default, results for integers are rounded toward
/// zero.
protocol DoubleReduction: ReductionOperator {
  /// Reduces float64 elements to `shape`, in which the reduced axes have size 1.
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

/// A logarithmic reduction. Opset 28 no longer allows integers.
protocol LogarithmicReduction: DoubleReduction {
  /// Creates a reduction along `axes` of the given element types.
  init(axes: ReductionAxes, elementTypes: ElementTypeSet)
}

extension LogarithmicReduction {
  package static func elementTypes(since version: Int) -> ElementTypeSet { version < 28 ? .numeric : .floatingPoint }

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    self.init(
      axes: try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince),
      elementTypes: Self.elementTypes(since: attributes.version))
  }
}

/// A reduction that accumulates one element after the other: floating-point numbers in `Double`,
/// integers modulo 2ⁿ.
protocol Accumulation: DoubleReduction, StandardReduction {
  /// The result for an empty slice; 0 by default.
  var neutral: Int8 { get }
  /// Returns `y` combined with `x`.
  func accumulated(_ y: Double, _ x: Double) -> Double
  /// Returns `y` combined with `x`.
  func accumulated<Element: IntegerElement>(_ y: Element, _ x: Element) -> Element
}

extension Accumulation {
  var neutral: Int8 { 0 }

  func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: Double(neutral)) { (y: Double, x: Double) in accumulated(y, x) }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reducedIntegers(to: shape, from: Element(neutral)) { (y: Element, x: Element) in accumulated(y, x) }
  }
}
