import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX GroupNormalization, opsets 18, 21: Y = scale · (X − mean) ÷ √(variance + epsilon) + bias,
/// with the mean and population variance of each group of channels in each instance.
///
/// X and Y are [N, C, D1, …]; scale and bias are [num_groups] in opset 18 and [C] since opset 21.
/// The statistics are computed in `Double`, regardless of `stash_type`.
package struct GroupNormalization: StandardFloatingPointOperator {
  package static let name = "GroupNormalization"
  package static let versions = [18, 21]
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// The number of channel groups, at least 1.
  package let groupCount: Int
  /// The number added to the variance.
  package let epsilon: Float
  private let scalesGroups: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    groupCount = try attributes.requiredInt("num_groups")
    epsilon = try attributes.float("epsilon") ?? 1e-5
    scalesGroups = attributes.version < 21
    if !scalesGroups { try attributes.readStashType() }
    guard groupCount >= 1 else {
      throw InfoldError(.invalidModel, "num_groups is \(groupCount) but must be at least 1")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireSameElementType(0...2)
    try inputs.requireRank(2...Int.max, of: 0)
    let channels = x.shape?[1] ?? .unknown
    if let count = channels.size, count % groupCount != 0 {
      throw InfoldError(
        .invalidModel,
        "\(counted(count, "channel")) cannot be split into \(counted(groupCount, "group"))")
    }
    for index in 1...2 {
      try inputs.requireRank(1...1, of: index)
      let expected = scalesGroups ? .fixed(groupCount) : channels
      if let count = try inputs.type(index).shape?[0], count.merged(with: expected) == nil {
        throw InfoldError(.invalidModel, "input \(index) has \(counted(count, "element")) but must have \(expected)")
      }
    }
    return [x]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .axes(inputs) { $0 == 0 }
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let channels = inputs[0]!.shape[1]
    return [
      try inputs[0]!.normalized(groups: groupCount, scale: inputs[1]!, bias: inputs[2]!, epsilon, in: Element.self) {
        scalesGroups ? $0 % groupCount : $1 % channels
      }
    ]
  }
}

extension AttributeReader {
  /// Reads `stash_type`, the least precise type in which a normalization may compute its
  /// statistics.
  mutating func readStashType() throws(InfoldError) {
    let type = try elementType("stash_type") ?? .float32
    guard type.isFloatingPoint else {
      throw InfoldError(.invalidModel, "stash_type is \(type) but must be a floating-point type")
    }
  }
}
