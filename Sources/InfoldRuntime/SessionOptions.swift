/// How a session runs its model.
public struct SessionOptions: Sendable, Hashable {
  /// What results may cost in accuracy for the sake of speed.
  public enum Precision: String, Sendable, Hashable, CaseIterable {
    /// Sums are rounded as in a plain loop; errors are about those of other runtimes.
    case exact
    /// Convolutions may use Winograd's algorithm, whose rounding errors are several times larger.
    case fast
  }

  /// The number of threads that one run may use, 1 to 1024; `nil` for one per processor that the process
  /// may use. Results do not depend on it.
  public var threads: Int?
  /// Whether graph passes may rewrite the model. Without them every node that an output depends on runs as the standard defines
  /// it. What a model, or an input, is refused for does not depend on it.
  public var optimize: Bool
  /// Whether batch normalization may be folded into weights. Without it every one runs as a scale and a shift.
  public var foldBatchNormalization: Bool
  /// What results may cost in accuracy for the sake of speed.
  public var precision: Precision
  /// For how many combinations of input shapes a session keeps its plan, at least 1. A session makes a plan when it meets
  /// a combination that it does not have, and forgets the one that was not used for longest. Results do not depend on it.
  public var planCacheSize: Int
  /// The most bytes that the session may take at a time, beside the model's own tensors and what callers hold: packed weights,
  /// working memory of all runs under way, and what operators without kernels make. `nil` for three quarters of the memory that
  /// the machine, or the container, has. What would need more is refused, before it is allocated.
  public var memoryLimit: Int?

  /// Options.
  public init(
    threads: Int? = nil, optimize: Bool = true, foldBatchNormalization: Bool = true, precision: Precision = .fast,
    planCacheSize: Int = 8, memoryLimit: Int? = nil
  ) {
    self.threads = threads
    self.optimize = optimize
    self.foldBatchNormalization = foldBatchNormalization
    self.precision = precision
    self.planCacheSize = planCacheSize
    self.memoryLimit = memoryLimit
  }
}
