import InfoldSystem

extension BatchStatistics: CustomStringConvertible {
  /// One line: how many means and variances there are, and what they are taken over.
  public var description: String {
    guard let shape else { return "statistics of no mini-batch" }
    let noun = granularity == .featureMap ? "feature map" : "activation"
    return "mean and variance of \(counted(shape.reduce(1, *), noun)), over \(counted(samples, "sample")) in "
      + counted(batches, "mini-batch", plural: "mini-batches")
  }
}

extension ModelStatistics: CustomStringConvertible {
  /// One line: how many normalizations there are, and how many samples they have seen.
  public var description: String {
    "statistics of \(counted(layers.count, "batch normalization")), over "
      + counted(layers.first?.statistics.samples ?? 0, "sample")
  }
}

extension ModelStatistics.Layer: CustomStringConvertible {
  /// One line: the node, and what its statistics are of.
  public var description: String { "\(label): \(statistics)" }
}
