import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Trilu, opset 14: the upper or lower triangles of matrices, with zeros elsewhere.
///
/// The input is [*, N, M]. The optional int64 scalar k, 0 by default, is the diagonal that bounds
/// the triangle: above the main diagonal if positive, below it if negative.
package struct Trilu: Operator {
  package static let name = "Trilu"
  package static let versions = [14]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(inputs: 1...2) }

  /// Whether the upper triangle is kept rather than the lower one.
  package let keepsUpper: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    keepsUpper = try attributes.flag("upper", default: true)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    try inputs.requireRank(2...Int.max, of: 0)
    if inputs.has(1) {
      _ = try inputs.type(1, of: .int64)
      try inputs.requireOneElement(1)
    }
    return [x]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank else { return .unknown }
    return .axes(inputs) { $0 < rank - 2 }
  }

  /// Returns the columns of a row that are kept.
  package func kept(_ row: Int, diagonal: Int, rows: Int, columns: Int) -> Range<Int> {
    let border = min(max(row + min(max(diagonal, -rows), columns) + (keepsUpper ? 0 : 1), 0), columns)
    return keepsUpper ? border..<columns : 0..<border
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    var y = try Tensor(zeros: x.shape, of: x.elementType)
    guard y.count > 0 else { return [y] }
    let rows = x.shape[x.shape.count - 2], columns = x.shape[x.shape.count - 1]
    let given = inputs.count > 1 ? try inputs[1]?.integers()[0] ?? 0 : 0
    for line in 0..<(x.count / columns) {
      let kept = kept(line % rows, diagonal: given, rows: rows, columns: columns)
      let blocks = Tensor.Blocks(start: line * columns + kept.lowerBound, stride: 0)
      try y.copyBlocks(1, of: kept.count, from: x, at: blocks, to: blocks)
    }
    return [y]
  }
}
