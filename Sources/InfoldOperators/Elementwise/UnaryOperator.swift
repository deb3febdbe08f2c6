import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that computes each element from the one in its place, in floating point.
public protocol UnaryOperator: FloatingPointOperator {
  /// The result for one element.
  func apply<Element: FloatingPointElement>(_ x: Element) -> Element
}

extension UnaryOperator {
  public static var family: OperatorFamily { .arithmetic }

  /// Since opset 7, new versions of ONNX's functions of one number take other element types, and mean the same.
  public static var compatibleVersions: [Int] { versions.dropFirst().filter { $0 > 6 } }

  public var quantizedForm: QuantizedForm? { .function }

  public static func arity(since version: Int) -> Arity { Arity(1) }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0, of: .floatingPoint)]
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  @inlinable
  public func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.mapped { (x: Element) in apply(x) }]
  }
}

/// An operator that computes each element from the one in its place, for numbers of any kind.
public protocol NumericUnaryOperator: Operator {
  /// The element types that it accepts.
  static var elementTypes: ElementTypeSet { get }
  /// The result for one element.
  func apply<Element: FloatingPointElement>(_ x: Element) -> Element
  /// The result for one element.
  func apply<Element: IntegerElement>(_ x: Element) -> Element
}

extension NumericUnaryOperator {
  public static var family: OperatorFamily { .arithmetic }

  /// Since opset 7, new versions of ONNX's functions of one number take other element types, and mean the same.
  public static var compatibleVersions: [Int] { versions.dropFirst().filter { $0 > 6 } }

  public var quantizedForm: QuantizedForm? { .function }

  public static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }

  public static func arity(since version: Int) -> Arity { Arity(1) }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0, of: Self.elementTypes)]
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [
      try withElementType(
        of: [inputs[0]!],
        floatingPoint: { (x, type) throws(InfoldError) in
          func map<Element: FloatingPointElement>(_: Element.Type) throws(InfoldError) -> Tensor {
            try x[0].mapped { (element: Element) in apply(element) }
          }
          return try map(type)
        },
        integer: { (x, type) throws(InfoldError) in
          func map<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
            try x[0].mapped { (element: Element) in apply(element) }
          }
          return try map(type)
        })
    ]
  }
}
