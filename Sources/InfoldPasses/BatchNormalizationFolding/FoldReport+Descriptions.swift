import InfoldSystem

extension FoldReport.Site: CustomStringConvertible {
  /// The folded nodes, and the node that absorbed them.
  public var description: String { "\(absorbed.joined(separator: ", ")) into \(node)" }
}

extension FoldReport.InnerSite: CustomStringConvertible {
  /// The folded nodes, and the node that absorbed them.
  public var description: String { "\(absorbed.joined(separator: ", ")) into \(node)" }
}

extension FoldReport.Refusal: CustomStringConvertible {
  /// The node, and the reason why it was not folded.
  public var description: String { "\(node) is not folded: \(reason)" }
}

extension ChannelAffine: CustomStringConvertible {
  /// The numbers of channels and steps. The coefficients are omitted, because each step has them
  /// for all channels.
  public var description: String {
    "scale and shift of \(counted(channels, "channel")) in \(counted(steps.count, "step"))"
  }
}
