import InfoldSystem

extension SignalQuality: CustomStringConvertible {
  /// The signal-to-noise ratio.
  public var description: String {
    guard let decibels else { return "no signal" }
    return decibels.isFinite ? "\(NumberText.fixed(decibels, digits: 1)) dB" : "no errors"
  }
}

extension SampledQuality: CustomStringConvertible {
  /// One line: the quality over all samples, and that of the worst.
  public var description: String {
    guard let worst else { return "no samples" }
    return "\(pooled), at worst \(worst.quality) for sample \(worst.sample)"
  }
}

extension QuantizationComparison: CustomStringConvertible {
  /// One line: the quality of each output, and how often both networks name the same best class.
  public var description: String {
    var parts = outputs.map(\.description)
    if let agreements { parts.append("the same best class for \(agreements) of \(rows)") }
    return parts.isEmpty ? "no outputs of float32" : parts.joined(separator: "; ")
  }
}

extension QuantizationComparison.Output: CustomStringConvertible {
  /// One line: the name and the quality.
  public var description: String { "output \(String(quoting: name)): \(quality)" }
}
