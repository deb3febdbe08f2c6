import InfoldGraph
import InfoldSystem

extension QuantizedNetwork: CustomStringConvertible {
  /// One line: how much is quantized, and the model.
  public var description: String {
    let count = weights.reduce(0) { $0 + $1.count }
    return "\(counted(activations.count, "value")) and \(counted(count, "weight")) quantized; \(model)"
  }
}

extension QuantizedNetwork.QuantizedActivation: CustomStringConvertible {
  /// One line: the name, the range, and what the numbers mean.
  public var description: String {
    let ends = [range.lowerBound, range.upperBound].map(NumberText.short)
    return "\(String(quoting: name)) from \(ends[0]) to \(ends[1]): \(scale)"
  }
}

extension QuantizedNetwork.QuantizedWeights: CustomStringConvertible {
  /// One line: the node, the number of its weights, and their quality.
  public var description: String { "\(node): \(counted(count, "weight")), \(quality)" }
}

extension ActivationScale: CustomStringConvertible {
  /// What a number means.
  public var description: String { "(number − \(zeroPoint)) · \(scale)" }
}
