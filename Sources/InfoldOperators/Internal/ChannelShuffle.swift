import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The channels of X [N, C, D1, …] in the order of a transposed matrix of `groups` rows: channel
/// i · (C / groups) + j becomes channel j · groups + i (Zhang et al. 2017, arXiv 1707.01083).
package struct ChannelShuffle: Operator {
  package static let name = "ChannelShuffle"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let family = OperatorFamily.movement
  package static func arity(since version: Int) -> Arity { Arity(1) }

  /// The number of groups, a divisor of the number of channels.
  package let groups: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    groups = try attributes.requiredInt("groups")
    guard groups >= 1 else { throw InfoldError(.invalidModel, "groups is \(groups) but must be at least 1") }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    try inputs.requireRank(2...Int.max, of: 0)
    if let channels = x.shape?[1].size, channels % groups != 0 {
      throw InfoldError(
        .invalidModel, "\(counted(channels, "channel")) cannot be split into \(counted(groups, "group"))")
    }
    return [x]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .axes(inputs) { $0 != 1 }
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    var map = IndexMap(identityOf: [x.shape[0], groups, x.shape[1] / groups] + x.shape[2...])
    map.axes.swapAt(1, 2)
    return [try map.apply(to: x).reshaped(to: x.shape)]
  }
}
