import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A reduction of the standard, whose only attributes are those of its axes.
protocol StandardReduction: ReductionOperator {
  /// The reduction along axes.
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

/// The greatest or the least element; NaN where one of them is. Of nothing, it is the number to which every other is preferred.
protocol ExtremumReduction: StandardReduction {
  /// Whether `x` is rather the one looked for than `y`.
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

/// A logarithm of a reduction, for which opset 28 does not allow integers any more.
protocol LogarithmicReduction: DoubleReduction {
  /// The reduction along axes, of elements of some types.
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

/// A reduction that takes in one element after the other: fractions in `Double`, integers modulo 2ⁿ.
protocol Accumulation: DoubleReduction, StandardReduction {
  /// The reduction of nothing; 0 by default.
  var neutral: Int8 { get }
  /// `y`, with `x` taken in.
  func accumulated(_ y: Double, _ x: Double) -> Double
  /// `y`, with `x` taken in.
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
