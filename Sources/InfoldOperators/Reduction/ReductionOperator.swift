import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that makes one element out of all those along some axes.
public protocol ReductionOperator: Operator {
  /// The element types that it accepts. Truth values are reduced as the integers 0 and 1.
  static var elementTypes: ElementTypeSet { get }
  /// The element types that this use of the operator accepts, by its version; `elementTypes` by default.
  var elementTypes: ElementTypeSet { get }
  /// The version since which the axes are an input.
  static var axesAreInputSince: Int { get }
  /// The axes.
  var axes: ReductionAxes { get }
  /// The reduction of `x` to `shape`, in which the reduced axes have size 1, in elements of `Element`.
  func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor
  /// The reduction of `x` to `shape`, in which the reduced axes have size 1, in elements of `Element`.
  func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor
}

extension ReductionOperator {
  public static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }

  public static var elementTypes: ElementTypeSet { .numeric }

  public var elementTypes: ElementTypeSet { Self.elementTypes }

  public static func arity(since version: Int) -> Arity {
    version < axesAreInputSince ? Arity(1) : Arity(inputs: 1...2)
  }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: elementTypes)
    return [TensorType(x.elementType, try axes.resultShape(inputs, of: x.shape))]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let isReduced = try axes.reduced(inputs.count > 1 ? inputs[1] : nil, rank: x.shape.count)
    let shape = x.shape.indices.map { isReduced[$0] ? 1 : x.shape[$0] }
    return [try reduce(x, to: shape).reshaped(to: try inferredShape(inputs))]
  }

  private func reduce(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    if x.elementType == .bool {
      let bits = try x.mapped { (x: Bool) -> UInt8 in x ? 1 : 0 }
      return try reduce(bits, to: shape, as: UInt8.self).mapped { (y: UInt8) in y != 0 }
    }
    return try withElementType(
      of: [x],
      floatingPoint: { (x, type) throws(InfoldError) in try reduce(x[0], to: shape, as: type) },
      integer: { (x, type) throws(InfoldError) in try reduce(x[0], to: shape, as: type) })
  }
}

extension Tensor {
  /// This tensor reduced to `shape`, which has sizes of 1 where it is reduced: each element of the result is `initial`,
  /// combined with every element that falls on it, in row-major order.
  @inline(__always)
  func reduced<Element: TensorElement, Result: TensorElement>(
    to shape: [Int], from initial: Result, _ combine: (Result, Element) -> Result
  ) throws(InfoldError) -> Tensor {
    var result = try Tensor(repeating: initial, shape: shape)
    let loops = try Broadcasting([self.shape, shape])
    let count = loops.rowCount, isWithinRows = loops.rowStrides[1] == 0
    try result.withMutableSpan(as: Result.self) { result in
      withElements(as: Element.self) { elements in
        loops.forEachRow { start, places in
          let place = places[1]
          precondition(start + count <= elements.count && place + (isWithinRows ? 1 : count) <= result.count)
          if isWithinRows {
            var reduced = result[place]
            for i in 0..<count { reduced = combine(reduced, elements[unchecked: start &+ i]) }
            result[place] = reduced
          } else {
            for i in 0..<count {
              result[unchecked: place &+ i] = combine(
                result[unchecked: place &+ i], elements[unchecked: start &+ i])
            }
          }
        }
      }
    }
    return result
  }
}
