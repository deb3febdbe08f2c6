import InfoldSystem

extension SignalQuality: CustomStringConvertible {
  /// The signal-to-noise ratio.
  public var description: String {
    guard let decibels else { return "no signal" }
    return decibels.isFinite ? "\(NumberText.fixed(decibels, digits: 1)) dB" : "no errors"
  }
}

extension SampledQuality: CustomStringConvertible {
  /// The quality over all samples, and that of the worst sample, in one line.
  public var description: String {
    guard let worst else { return "no samples" }
    return "\(pooled), at worst \(worst.quality) for sample \(worst.sample)"
  }
}

extension QuantizationComparison: CustomStringConvertible {
  /// The quality of each output, and how often both networks agree on the best class, in one line.
  public var description: String {
    var parts = outputs.map(\.description)
    if let agreements { parts.append("the same best class for \(agreements) of \(rows)") }
    return parts.isEmpty ? "no outputs of float32" : parts.joined(separator: "; ")
  }
}

extension QuantizationComparison.Output: CustomStringConvertible {
  /// The name and the quality, in one line.
  public var description: String { "output \(String(quoting: name)): \(quality)" }
}
