import InfoldSystem

extension BatchStatistics: CustomStringConvertible {
  /// One line: the number of means and variances, and of the samples and mini-batches.
  public var description: String {
    guard let shape else { return "statistics of no mini-batch" }
    let noun = granularity == .featureMap ? "feature map" : "activation"
    return "mean and variance of \(counted(shape.reduce(1, *), noun)), over \(counted(samples, "sample")) in "
      + counted(batches, "mini-batch", plural: "mini-batches")
  }
}

extension ModelStatistics: CustomStringConvertible {
  /// One line: the number of normalizations and of samples.
  public var description: String {
    "statistics of \(counted(layers.count, "batch normalization")), over "
      + counted(layers.first?.statistics.samples ?? 0, "sample")
  }
}

extension ModelStatistics.Layer: CustomStringConvertible {
  /// One line: the node and its statistics.
  public var description: String { "\(label): \(statistics)" }
}
