import InfoldPasses

/// How a session runs its model.
public struct SessionOptions: Sendable, Hashable {
  /// What results may cost in accuracy for the sake of speed.
  public enum Precision: String, Sendable, Hashable, CaseIterable {
    /// Sums are rounded as in a plain loop; errors are about those of other runtimes. In networks of float16 or bfloat16, the results of
    /// every node are rounded to that type, as the standard's operators do it.
    case exact
    /// Convolutions may use Winograd's algorithm, whose rounding errors are several times larger. As with `exact`, a number reaches
    /// exactly the outputs that read it: where one is not finite, or much larger than those beside it, that part of the picture is
    /// computed as with `exact`. Networks of float16 or bfloat16 compute in float32, and round where they have a Cast, and their outputs:
    /// between two nodes are numbers that the type has not, such as those beyond 65504.
    case fast
  }

  /// What becomes of subnormal numbers: of those that are nearer to zero than 1.2·10⁻³⁸ (in float64, 2.2·10⁻³⁰⁸). Processors may take 100
  /// times as long for them, and trained weights hold some.
  public enum Subnormals: String, Sendable, Hashable, CaseIterable {
    /// They are numbers like any other.
    case kept
    /// What computes takes them for zero, and makes zero instead. What only moves numbers leaves them as they are, and so does what
    /// is computed when the session is made.
    case flushed
  }

  /// The number of threads that one run may use, 1 to 1024; `nil` for what the environment variable `INFOLD_THREADS` says,
  /// or else one per processor that the process may use. Results do not depend on it.
  public var threads: Int?
  /// Whether graph passes may rewrite the model. Without them every node that an output depends on runs as the standard defines
  /// it. What a model, or an input, is refused for does not depend on it.
  public var optimize: Bool
  /// Whether batch normalization may be folded into weights. Without it every one runs as a scale and a shift.
  public var foldBatchNormalization: Bool
  /// What results may cost in accuracy for the sake of speed.
  public var precision: Precision
  /// What becomes of subnormal numbers while a run computes; `nil` for `flushed` with the precision `fast`, and `kept` with `exact` or
  /// without optimization. It holds for the threads that compute, operators of the app included, and not for observers: a thread
  /// that runs a session has its own control register back when the run ends, however it does. Integers, quantized ones
  /// among them, do not change.
  public var subnormals: Subnormals?
  /// For how many combinations of input shapes a session keeps its plan, at least 1. A session makes a plan when it meets
  /// a combination that it does not have, and forgets the one that was not used for longest. Results do not depend on it.
  public var planCacheSize: Int
  /// The most bytes that the session may take at a time, beside the model's own tensors and what callers hold: packed weights,
  /// working memory of all runs under way, and what operators without kernels make. Weights that another session of the same model
  /// has packed count in that one. `nil` for three quarters of the memory that
  /// the machine, or the container, has. What would need more is refused, before it is allocated.
  public var memoryLimit: Int?
  /// A limit that other sessions count in, too; `nil` for none but `memoryLimit`.
  public var sharedMemoryLimit: SharedMemoryLimit?
  /// The longest that preparing a session may take, and then each run, with the making of a plan where it needs one; `nil` for no
  /// limit. It is looked at between nodes, between layers, and between the trips of loops: a single layer is not interrupted. What
  /// would take longer ends with `.limitExceeded`.
  public var timeLimit: Duration?
  /// Whether the fastest ways to compute are found by measurement; `nil` for those that are expected to be the fastest, by sizes and by what
  /// is known of the machine.
  public var tuning: Tuning?
  /// What numbers of float16 and bfloat16 are computed in; `nil` for what the precision says.
  package var narrowTypes: OptimizationPipeline.NarrowTypes?

  /// Options.
  public init(
    threads: Int? = nil, optimize: Bool = true, foldBatchNormalization: Bool = true, precision: Precision = .fast,
    subnormals: Subnormals? = nil, planCacheSize: Int = 8, memoryLimit: Int? = nil,
    sharedMemoryLimit: SharedMemoryLimit? = nil, timeLimit: Duration? = nil, tuning: Tuning? = nil
  ) {
    self.threads = threads
    self.optimize = optimize
    self.foldBatchNormalization = foldBatchNormalization
    self.precision = precision
    self.subnormals = subnormals
    self.planCacheSize = planCacheSize
    self.memoryLimit = memoryLimit
    self.sharedMemoryLimit = sharedMemoryLimit
    self.timeLimit = timeLimit
    self.tuning = tuning
  }

  /// What becomes of subnormal numbers, the default resolved.
  var resolvedSubnormals: Subnormals { subnormals ?? (optimize && precision == .fast ? .flushed : .kept) }

  /// What numbers of float16 and bfloat16 are computed in, the default resolved.
  var resolvedNarrowTypes: OptimizationPipeline.NarrowTypes {
    narrowTypes ?? (precision == .exact ? .rounded : .widened)
  }

  /// What a graph goes through before it is planned.
  package var passes: OptimizationPipeline { passes(inBody: false) }

  /// The same for a body, of which there may be many: none holds weights that it can expand in every run.
  func passes(inBody: Bool) -> OptimizationPipeline {
    guard optimize else { return .asWritten }
    return OptimizationPipeline(
      foldsBatchNormalization: foldBatchNormalization, narrowTypes: resolvedNarrowTypes, expandsWeights: !inBody)
  }
}
