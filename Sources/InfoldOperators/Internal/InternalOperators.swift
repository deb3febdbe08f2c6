import InfoldGraph
import InfoldSystem

extension OperatorRegistry {
  /// The domain of operators that only passes create. Models never contain them.
  package static let internalDomain = "infold.internal"

  /// The operators of `internalDomain`.
  package static let internalOperators = OperatorRegistry([
    ByteTable.self, ChannelNormalization.self, ChannelShuffle.self, DataDependentRegion.self, DotProductAttention.self,
    InverseDeviation.self, QLinearAdd.self, QLinearGemm.self, ScaleShift.self,
  ])
}

extension Node {
  /// Creates a node of an operator in `OperatorRegistry.internalDomain`.
  /// - Throws: The errors of
  ///   `init(name:opType:domain:opsetVersion:attributes:inputs:outputs:captures:registry:)`.
  package init(
    internal opType: String, name: String, attributes: AttributeList = [:], inputs: [ValueID?], outputs: [ValueID?],
    captures: [ValueID] = []
  ) throws(InfoldError) {
    try self.init(
      name: name, opType: opType, domain: OperatorRegistry.internalDomain, opsetVersion: 1, attributes: attributes,
      inputs: inputs, outputs: outputs, captures: captures, registry: .internalOperators)
  }
}
