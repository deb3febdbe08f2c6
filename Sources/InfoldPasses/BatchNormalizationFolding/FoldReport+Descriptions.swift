import InfoldSystem

extension FoldReport.Site: CustomStringConvertible {
  /// What was folded into which node.
  public var description: String { "\(absorbed.joined(separator: ", ")) into \(node)" }
}

extension FoldReport.InnerSite: CustomStringConvertible {
  /// What was folded into which node.
  public var description: String { "\(absorbed.joined(separator: ", ")) into \(node)" }
}

extension FoldReport.Refusal: CustomStringConvertible {
  /// The node, and why it stays.
  public var description: String { "\(node) stays: \(reason)" }
}

extension ChannelAffine: CustomStringConvertible {
  /// How many channels and steps there are: each step has numbers for every channel.
  public var description: String {
    "scale and shift of \(counted(channels, "channel")) in \(counted(steps.count, "step"))"
  }
}
