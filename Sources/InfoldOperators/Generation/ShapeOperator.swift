import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Shape, opsets 1, 13, 15, 19, 21, 23, 24, 25: the sizes of the input as an int64 list.
///
/// Since opset 15, `start` and `end` select a range of the sizes. Negative values count from the
/// end, and values out of bounds are clamped.
package struct ShapeOperator: Operator {
  package static let name = "Shape"
  package static let versions = [1, 13, 15, 19, 21, 23, 24, 25]
  package static let compatibleVersions = [13, 15, 19, 21, 23, 24, 25]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static let followsFromShapes = true
  package static func arity(since version: Int) -> Arity { Arity(1) }

  private let start: Int
  private let end: Int?

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let hasRange = attributes.version >= 15
    start = hasRange ? try attributes.int("start") ?? 0 : 0
    end = hasRange ? try attributes.int("end") : nil
  }

  /// Returns the dimensions that are selected from an input of `rank`.
  package func axes(rank: Int) -> Range<Int> {
    func position(_ index: Int) -> Int { max(0, min(index < 0 ? index + rank : index, rank)) }
    let first = position(start)
    return first..<max(first, position(end ?? rank))
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    return [TensorType(.int64, [x.shape.map { .fixed(axes(rank: $0.rank).count) } ?? .unknown])]
  }

  package func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [SymbolicTensor?] {
    guard let shape = inputs.types[0]?.shape else { return [] }
    let dimensions = Array(shape[axes(rank: shape.rank)])
    return [SymbolicTensor(.int64, shape: [dimensions.count], dimensions)]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let sizes = inputs[0]!.shape[axes(rank: inputs[0]!.shape.count)]
    return [try Tensor(shape: [sizes.count], sizes.map(Int64.init))]
  }
}
