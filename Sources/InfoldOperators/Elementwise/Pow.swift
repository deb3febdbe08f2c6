import Glibc
import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Pow, opsets 1, 7, 12, 13, 15: X to the power of Y, element by element, in the type of X.
///
/// Since opset 12 the two may be of different types. Powers of integers to integers are computed modulo 2ⁿ; where the
/// exponent is negative or no integer, they are rounded toward zero and bounded to what the type can hold.
package struct Pow: BinaryOperator {
  package static let name = "Pow"
  package static let versions = [1, 7, 12, 13, 15]
  package static let elementTypes = ElementTypeSet.numeric
  package let broadcast: BroadcastRule
  private let allowsMixedTypes: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
    allowsMixedTypes = attributes.version >= 12
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    guard allowsMixedTypes else { return [try broadcastType(inputs)] }
    let x = try inputs.type(0, of: Self.elementTypes), y = try inputs.type(1, of: Self.elementTypes)
    return [TensorType(x.elementType, try broadcast.resultShape(x.shape, y.shape))]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let operands = try operands(inputs)
    let exponents = operands[1]
    return [
      try withElementType(
        of: [operands[0]],
        floatingPoint: { (bases, type) throws(InfoldError) in
          func compute<Element: FloatingPointElement>(_: Element.Type) throws(InfoldError) -> Tensor {
            try .broadcasting(bases[0], try exponents.doubles()) { (x: Element, y: Double) in Element(pow(Double(x), y))
            }
          }
          return try compute(type)
        },
        integer: { (bases, type) throws(InfoldError) in
          func compute<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
            guard exponents.elementType.isFloatingPoint else {
              return try .broadcasting(bases[0], try exponents.int64s()) { (x: Element, n: Int64) in power(x, n) }
            }
            return try .broadcasting(bases[0], try exponents.doubles()) { (x: Element, y: Double) in
              Element(saturating: pow(Double(x), y))
            }
          }
          return try compute(type)
        })
    ]
  }

  /// x to the power of n by repeated squaring.
  private func power<Element: IntegerElement>(_ x: Element, _ n: Int64) -> Element {
    guard n >= 0 else { return Element(saturating: pow(Double(x), Double(n))) }
    var result: Element = 1, square = x, rest = n
    while rest > 0 {
      if rest & 1 == 1 { result &*= square }
      square &*= square
      rest >>= 1
    }
    return result
  }
}
