import InfoldSystem

/// Options that control how a network is quantized.
public struct QuantizationOptions: Sendable, Hashable {
  /// How the ranges of values are determined.
  public var method: CalibrationMethod
  /// The nodes to leave in float, by name or by the name of their first output.
  public var excluded: Set<String>
  /// Whether channels are scaled so that each uses more of the range that all of them share. Only
  /// channels whose scaling leaves the function of the network unchanged are scaled (cross-layer
  /// equalization, arXiv 1906.04721).
  public var equalizesChannels: Bool
  /// Whether biases compensate for the mean error that rounding the weights causes.
  public var correctsBiases: Bool
  /// How weights are rounded.
  public var rounding: WeightRounding
  /// The percentage of multiplications that may stay in float. The nodes with the largest gain at
  /// the outputs are chosen.
  public var floatBudget: Double

  /// Creates options.
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

  /// Checks the options.
  /// - Throws: `InfoldError` with `.invalidArgument` if an option is out of range.
  func check() throws(InfoldError) {
    try method.check()
    if case .search(let limit) = rounding, !(limit > 0 && limit <= 1e9) {
      throw InfoldError(.invalidArgument, "the rounding limit is \(limit), but must be above 0 and at most 1e9")
    }
    guard floatBudget >= 0, floatBudget <= 100 else {
      throw InfoldError(
        .invalidArgument, "the float budget is \(floatBudget) percent, but must be 0 to 100")
    }
  }
}

/// How weights are rounded to integers.
public enum WeightRounding: Sendable, Hashable {
  /// Each weight to the nearest integer.
  case nearest
  /// All weights of an output channel together, so that the layer's results change least. The
  /// change follows from the covariances of its inputs (optimal brain quantization, arXiv
  /// 2208.11580; GPTQ, arXiv 2210.17323).
  /// - Parameter limit: The maximum number of multiplications of the search, in billions. Layers
  ///   are searched in order of increasing cost; the remaining ones are rounded to the nearest
  ///   integers.
  case search(limit: Double)

  /// A limit within which the search takes some seconds for an image network.
  public static let defaultLimit = 50.0
}
