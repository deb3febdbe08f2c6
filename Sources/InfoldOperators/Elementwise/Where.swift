import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Where, opsets 9, 16: X if the condition is true, Y otherwise, with all three broadcast.
package struct Where: ElementMovingOperator, AttributelessOperator {
  package static let name = "Where"
  package static let versions = [9, 16]
  package static let compatibleVersions = [16]
  package static let family = OperatorFamily.arithmetic
  package static func arity(since version: Int) -> Arity { Arity(3) }
  package static let movedInputs = 1...2

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let condition = try inputs.type(0, of: .bool)
    let x = try inputs.type(1), y = try inputs.type(2)
    try inputs.requireSameElementType(1...2)
    guard let shape = condition.shape, let xShape = x.shape, let yShape = y.shape else {
      return [TensorType(x.elementType, nil)]
    }
    return [TensorType(x.elementType, try shape.broadcast(with: xShape).broadcast(with: yShape))]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .broadcast(inputs, to: outputs.first ?? nil)
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let condition = inputs[0]!, x = inputs[1]!, y = inputs[2]!
    return switch x.elementType.bitWidth {
    case 8: [try select(condition, x, y, as: UInt8.self)]
    case 16: [try select(condition, x, y, as: UInt16.self)]
    case 32: [try select(condition, x, y, as: UInt32.self)]
    default: [try select(condition, x, y, as: UInt64.self)]
    }
  }

  private func select<Bits: BitPattern>(
    _ condition: Tensor, _ x: Tensor, _ y: Tensor, as _: Bits.Type
  ) throws(InfoldError) -> Tensor {
    let loops = try Broadcasting([condition.shape, x.shape, y.shape])
    let count = loops.rowCount, strides = loops.rowStrides
    let strideOfCondition = strides[0], strideOfX = strides[1], strideOfY = strides[2]
    var result = try Tensor(zeros: loops.shape, of: x.elementType)
    try result.withMutableBitPatterns(as: Bits.self) { result in
      condition.withElements(as: Bool.self) { condition in
        x.withBitPatterns(as: Bits.self) { x in
          y.withBitPatterns(as: Bits.self) { y in
            loops.forEachRow { start, operands in
              for i in 0..<count {
                result[start + i] =
                  condition[operands[0] + i * strideOfCondition]
                  ? x[operands[1] + i * strideOfX] : y[operands[2] + i * strideOfY]
              }
            }
          }
        }
      }
    }
    return result
  }
}
