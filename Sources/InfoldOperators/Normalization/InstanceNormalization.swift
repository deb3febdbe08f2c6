import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX InstanceNormalization, opsets 1, 6, 22: Y = scale · (X − mean) ÷ √(variance + epsilon) + B,
/// with the mean and population variance of each channel in each instance.
///
/// The input and output are [N, C, D1, …]; scale and B are [C].
package struct InstanceNormalization: StandardFloatingPointOperator {
  package static let name = "InstanceNormalization"
  package static let versions = [1, 6, 22]
  package static let compatibleVersions = [22]
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// The number added to the variance.
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
          "shape mismatch: input \(index) has \(counted(count, "element")) for \(counted(channels, "channel"))")
      }
      channels = merged
    }
    x.shape?[1] = channels
    return [x]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    AxisMapping([IndependentAxis(0), IndependentAxis(inputs: [1, 0, 0], outputs: [1])])
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let channels = inputs[0]!.shape[1]
    return [
      try inputs[0]!.normalized(groups: channels, scale: inputs[1]!, bias: inputs[2]!, epsilon, in: Element.self) {
        group, _ in group % channels
      }
    ]
  }
}
