/// How a network is quantized.
public struct QuantizationOptions: Sendable, Hashable {
  /// How the ranges of values are found.
  public var method: CalibrationMethod
  /// The nodes that go on computing with floats: their names, or those of their first outputs.
  public var excluded: Set<String>

  /// Options.
  public init(method: CalibrationMethod = .minmax, excluded: Set<String> = []) {
    self.method = method
    self.excluded = excluded
  }
}
