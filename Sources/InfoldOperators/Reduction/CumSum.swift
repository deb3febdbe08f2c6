import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX CumSum, opsets 11, 14: the cumulative sum along an axis.
///
/// `axis` is a scalar, int32 or int64. With `exclusive`, an element is not part of its own sum;
/// with `reverse`, the sums start from the end. Integers wrap around.
package struct CumSum: NumericOperator {
  package static let name = "CumSum"
  package static let versions = [11, 14]
  package static let compatibleVersions = [14]
  package static let family = OperatorFamily.pool
  package static func elementTypes(since version: Int) -> ElementTypeSet {
    ElementTypeSet(ElementTypeSet.floatingPoint.types + [.int32, .int64, .uint32, .uint64])
  }
  package static func arity(since version: Int) -> Arity { Arity(2) }

  /// Whether an element is excluded from its own sum.
  package let isExclusive: Bool
  /// Whether the sums start from the end.
  package let isReversed: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    isExclusive = try attributes.flag("exclusive")
    isReversed = try attributes.flag("reverse")
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: Self.elementTypes(since: 14))
    _ = try inputs.type(1, of: .indices)
    try inputs.requireOneElement(1)
    try inputs.requireRank(1...Int.max, of: 0)
    if let shape = x.shape, let axis = inputs.constant(1) {
      _ = try normalizedAxis(axis.integers()[0], rank: shape.rank)
    }
    return [x]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let given = try? inputs.constant(1)?.integers().first,
      let axis = try? normalizedAxis(given, rank: rank)
    else { return .unknown }
    return .axes(inputs) { $0 != axis }
  }

  package func evaluate<Element: NumericElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let slices = AxisSlices(x.shape, axis: try normalizedAxis(inputs[1]!.integers()[0], rank: x.shape.count))
    return [
      try x.rewritten { (x: borrowing Span<Element>, y) in
        slices.forEach { _, start in
          var sum: Element = 0
          for index in 0..<slices.count {
            let place = start + (isReversed ? slices.count - 1 - index : index) * slices.stride
            if isExclusive { y[place] = sum }
            sum = sum.adding(x[place], times: 1)
            if !isExclusive { y[place] = sum }
          }
        }
      }
    ]
  }
}
