import InfoldGraph

extension OperatorRegistry {
  /// The domain of the operators that no model has: passes put them in the place of others.
  package static let internalDomain = "infold.internal"

  /// The operators of `internalDomain`.
  package static let internalOperators = OperatorRegistry([
    ByteTable.self, ChannelNormalization.self, ChannelShuffle.self, DotProductAttention.self, InverseDeviation.self,
    QLinearAdd.self, QLinearGemm.self, ScaleShift.self,
  ])
}
