import InfoldSystem

/// How a network is quantized.
public struct QuantizationOptions: Sendable, Hashable {
  /// How the ranges of values are found.
  public var method: CalibrationMethod
  /// The nodes that go on computing with floats: their names, or those of their first outputs.
  public var excluded: Set<String>
  /// Whether channels are scaled so that they use the range that they share, where that changes nothing else (cross-layer equalization,
  /// arXiv 1906.04721).
  public var equalizesChannels: Bool
  /// Whether biases make up for what the rounding of weights changes on average.
  public var correctsBiases: Bool
  /// How weights are rounded.
  public var rounding: WeightRounding
  /// The percentage of the multiplications that may stay in floats: those of the nodes are left out that gain most at the outputs.
  public var floatBudget: Double

  /// Options.
  public init(
    method: CalibrationMethod = .minmax, excluded: Set<String> = [], equalizesChannels: Bool = true,
    correctsBiases: Bool = true, rounding: WeightRounding = .nearest, floatBudget: Double = 0
  ) {
    self.method = method
    self.excluded = excluded
    self.equalizesChannels = equalizesChannels
    self.correctsBiases = correctsBiases
    self.rounding = rounding
    self.floatBudget = floatBudget
  }

  /// - Throws: `InfoldError` with `.invalidArgument`.
  func check() throws(InfoldError) {
    try method.check()
    if case .search(let limit) = rounding, !(limit > 0 && limit <= 1e9) {
      throw InfoldError(.invalidArgument, "the limit of the search is \(limit), and must be above 0 and at most 1e9")
    }
    guard floatBudget >= 0, floatBudget <= 100 else {
      throw InfoldError(
        .invalidArgument, "the percentage that may stay in floats is \(floatBudget), and must be 0 to 100")
    }
  }
}

/// How weights become integers.
public enum WeightRounding: Sendable, Hashable {
  /// Each to the nearest one.
  case nearest
  /// Together, so that the results of a layer change least, as the second moments of its inputs have it (optimal brain quantization,
  /// arXiv 2208.11580; GPTQ, arXiv 2210.17323).
  /// - Parameter limit: The most multiplications, in thousands of millions. Layers are searched from the cheapest on, and those that are
  ///   left are rounded to the nearest.
  case search(limit: Double)

  /// A limit that a network for pictures is searched within in some seconds.
  public static let usualLimit = 50.0
}
