import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A table lookup for each byte. It replaces a function of one number between DequantizeLinear and
/// QuantizeLinear.
///
/// X is uint8 or int8; its bits are the index into the table [256] of uint8 or int8. Y has X's
/// shape and the table's type.
package struct ByteTable: Operator, AttributelessOperator {
  package static let name = "ByteTable"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let family = OperatorFamily.arithmetic
  package static let quantizationRole: QuantizationRole? = .computes
  package static func arity(since version: Int) -> Arity { Arity(2) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .bytes), table = try inputs.type(1, of: .bytes)
    if let shape = table.shape, shape.sizes != [256] {
      throw InfoldError(.invalidModel, "the table has the shape \(shape) but must have [256]")
    }
    return [TensorType(table.elementType, x.shape)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!, table = inputs[1]!
    var y = try Tensor(zeros: x.shape, of: table.elementType)
    try y.withUnsafeMutableBytes { y in
      x.withUnsafeBytes { x in
        table.withUnsafeBytes { table in
          for index in x.indices { y[index] = table[Int(x[index])] }
        }
      }
    }
    return [y]
  }
}
