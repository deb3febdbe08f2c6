import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX InstanceNormalization, opsets 1, 6, 22: Y = scale · (X − mean) ÷ √(variance + epsilon) + B, with mean and
/// population variance of every channel of every instance.
///
/// input [N, C, D1, …], scale [C], B [C]; output like input.
package struct InstanceNormalization: FloatingPointOperator {
  package static let name = "InstanceNormalization"
  package static let versions = [1, 6, 22]
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// What is added to the variance.
  package let epsilon: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    epsilon = try attributes.float("epsilon") ?? 1e-5
    attributes.ignoreConsumedInputs()
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    var x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireSameElementType(0...2)
    try inputs.requireRank(3...Int.max, of: 0)
    var channels = x.shape?[1] ?? .unknown
    for index in 1...2 {
      try inputs.requireRank(1...1, of: index)
      guard let count = try inputs.type(index).shape?[0] else { continue }
      guard let merged = channels.merged(with: count) else {
        throw InfoldError(
          .invalidModel,
          "input \(index) has \(counted(count, "element")), and there are \(counted(channels, "channel"))")
      }
      channels = merged
    }
    x.shape?[1] = channels
    return [x]
  }

  package func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let scale: [Element] = try inputs[1]!.elements(), bias: [Element] = try inputs[2]!.elements()
    var y = try Tensor(zeros: x.shape, of: Element.elementType)
    guard y.count > 0 else { return [y] }
    let inner = x.count / (x.shape[0] * x.shape[1])
    try x.withElements(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Element.self) { y in
        for plane in 0..<(x.count / inner) {
          let moments = Moments(x, from: plane * inner, length: inner)
          let c = plane % scale.count
          for index in (plane * inner)..<((plane + 1) * inner) {
            y[index] = scale[c] * Element(moments.normalized(Double(x[index]), epsilon)) + bias[c]
          }
        }
      }
    }
    return [y]
  }
}
