/// How a network is quantized.
package struct QuantizationOptions: Sendable, Hashable {
  /// How the ranges of values are found.
  package var method: CalibrationMethod
  /// The nodes that go on computing with floats: their names, or those of their first outputs.
  package var excluded: Set<String>

  /// Options.
  package init(method: CalibrationMethod = .minmax, excluded: Set<String> = []) {
    self.method = method
    self.excluded = excluded
  }
}
