import InfoldGraph
import InfoldSystem

extension OperatorRegistry {
  /// The domain of the operators that no model has: passes put them in the place of others.
  package static let internalDomain = "infold.internal"

  /// The operators of `internalDomain`.
  package static let internalOperators = OperatorRegistry([
    ByteTable.self, ChannelNormalization.self, ChannelShuffle.self, DataDependentRegion.self, DotProductAttention.self,
    InverseDeviation.self, QLinearAdd.self, QLinearGemm.self, ScaleShift.self,
  ])
}

extension Node {
  /// A node of an operator of `OperatorRegistry.internalDomain`.
  /// - Throws: As `init(name:opType:domain:opsetVersion:attributes:inputs:outputs:captures:registry:)`.
  package init(
    internal opType: String, name: String, attributes: AttributeList = [:], inputs: [ValueID?], outputs: [ValueID?],
    captures: [ValueID] = []
  ) throws(InfoldError) {
    try self.init(
      name: name, opType: opType, domain: OperatorRegistry.internalDomain, opsetVersion: 1, attributes: attributes,
      inputs: inputs, outputs: outputs, captures: captures, registry: .internalOperators)
  }
}
