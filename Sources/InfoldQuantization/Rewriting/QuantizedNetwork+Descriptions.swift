import InfoldGraph
import InfoldSystem

extension QuantizedNetwork: CustomStringConvertible {
  /// The number of quantized values and weights, and the model, in one line.
  public var description: String {
    let count = weights.reduce(0) { $0 + $1.count }
    return "\(counted(activations.count, "value")) and \(counted(count, "weight")) quantized; \(model)"
  }
}

extension QuantizedNetwork.QuantizedActivation: CustomStringConvertible {
  /// The name, the range, and the scale, in one line.
  public var description: String {
    let ends = [range.lowerBound, range.upperBound].map(NumberText.short)
    return "\(String(quoting: name)) from \(ends[0]) to \(ends[1]): \(scale)"
  }
}

extension QuantizedNetwork.QuantizedWeights: CustomStringConvertible {
  /// The node, the number of its weights, and their quality, in one line.
  public var description: String { "\(node): \(counted(count, "weight")), \(quality)" }
}

extension ActivationScale: CustomStringConvertible {
  /// The real number that a quantized number represents.
  public var description: String { "(number − \(zeroPoint)) · \(scale)" }
}
