import InfoldPasses

/// How a session runs its model.
public struct SessionOptions: Sendable, Hashable {
  /// The trade-off between accuracy and speed.
  public enum Precision: String, Sendable, Hashable, CaseIterable {
    /// Sums are rounded as in a plain loop, with errors similar to those of other runtimes. In
    /// float16 and bfloat16 networks, the result of every node is rounded to that type, as the ONNX
    /// operators define it.
    case exact
    /// Convolutions may use Winograd's algorithm, whose rounding errors are several times larger.
    /// On processors with a matrix unit, products may be computed from factors that are split into
    /// two bfloat16 numbers each, with errors like those of Winograd's algorithm.
    /// As with `exact`, each input element affects exactly the outputs that depend on it: a part of
    /// the image with a non-finite element, or one much larger than its neighbors, is computed as
    /// with `exact`. Float16 and bfloat16 networks compute in float32, and round only at their
    /// outputs and at Cast nodes. Intermediate results may be outside the range of the type, such
    /// as those beyond 65504.
    case fast
    /// Convolutions, matrix products and attention may round their factors to bfloat16 (8
    /// significant bits, round to nearest, ties to even) and sum the products in float32. Factors
    /// beyond the largest bfloat16 number become that number. Everything else is computed as with
    /// `fast`. On processors that do not multiply bfloat16 numbers faster than float32 numbers, and
    /// with `Subnormals.kept`, products are too, so that results have the same bits.
    case bfloat16

    /// Whether convolutions may use Winograd's algorithm.
    var allowsWinograd: Bool { self != .exact }
  }

  /// The treatment of subnormal numbers: those with a magnitude below 1.2·10⁻³⁸ in float32, or
  /// 2.2·10⁻³⁰⁸ in float64. Processors may take 100 times as long for them, and trained weights
  /// contain some.
  public enum Subnormals: String, Sendable, Hashable, CaseIterable {
    /// Subnormal numbers are computed with like any other.
    case kept
    /// Arithmetic reads and writes zero instead. Operations that only move elements leave subnormal
    /// numbers unchanged, and so do computations during preparation of the session.
    case flushed
  }

  /// The maximum number of threads of a run, 1 to 1024. `nil` uses the environment variable
  /// `INFOLD_THREADS`, or else one thread per processor that the process may use. Results do not
  /// depend on it.
  public var threads: Int?
  /// Whether graph passes may rewrite the model. Otherwise, every node that an output depends on
  /// runs as the ONNX standard defines it. This option does not affect which models and inputs are
  /// rejected.
  public var optimize: Bool
  /// Whether batch normalization may be folded into weights. Otherwise, each runs as a scale and
  /// shift.
  public var foldBatchNormalization: Bool
  /// The trade-off between accuracy and speed.
  public var precision: Precision
  /// The treatment of subnormal numbers during a run. `nil` selects `flushed` with the precisions
  /// `fast` and `bfloat16`, and `kept` with `exact` or without optimization. The setting applies to the threads
  /// that compute, including an app's own operators, but not to observers. When a run ends, even
  /// with an error, the floating-point control register of the calling thread is restored.
  /// Integers, including quantized numbers, are not affected.
  public var subnormals: Subnormals?
  /// The number of plans that a session keeps, one per combination of input shapes, at least 1. For
  /// a new combination, the session makes a plan and evicts the least recently used one. Results do
  /// not depend on it.
  public var planCacheSize: Int
  /// The most bytes that the session may allocate at a time: packed weights, the working memory of
  /// all concurrent runs, and the results of operators without kernels. The model's own tensors and
  /// tensors that callers hold do not count. Packed weights shared with another session of the same
  /// model count toward the limit of the session that packed them. `nil` allows three quarters of
  /// the memory of the machine or the container. Anything beyond the limit is refused before it is
  /// allocated.
  public var memoryLimit: Int?
  /// A memory limit shared with other sessions; `nil` if only `memoryLimit` applies.
  public var sharedMemoryLimit: SharedMemoryLimit?
  /// The longest that preparing the session may take, and later each run, including the time to
  /// make its plan; `nil` for no limit. It is checked between nodes, between layers, and between
  /// loop iterations: a single layer is not interrupted. Exceeding it throws
  /// `InfoldError.Code.limitExceeded`.
  public var timeLimit: Duration?
  /// Whether and how to measure which implementations are fastest. `nil` uses a cost model of sizes
  /// and known properties of the machine.
  public var tuning: Tuning?
  /// The type in which float16 and bfloat16 numbers are computed; `nil` for the default of the
  /// precision.
  package var narrowTypes: OptimizationPipeline.NarrowTypes?
  /// The layers that an emulated matrix unit computes, for tests on machines without such a unit;
  /// `nil` for the machine's own kernels.
  package var emulatedUnit: EmulatedUnit?
  /// The instructions of the emulated unit.
  package var emulatedInstructions = EmulatedInstructions.amx

  /// Instructions that plain functions can replace. The raw values are names of kernel sets that the
  /// environment can force.
  package enum EmulatedInstructions: String, Sendable {
    /// AMX.
    case amx = "emulated-amx"
    /// AVX-512 BF16.
    case avx512BFloat16 = "emulated-avx512bf16"
  }

  /// The layers that an emulated matrix unit computes.
  package enum EmulatedUnit: Sendable, Hashable {
    /// Those that the cost model assigns to a unit.
    case whereExpected
    /// All that a unit can compute.
    case everywhere
  }

  /// Creates session options.
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

  /// The treatment of subnormal numbers, with the default resolved.
  var resolvedSubnormals: Subnormals { subnormals ?? (optimize && precision != .exact ? .flushed : .kept) }

  /// The type in which float16 and bfloat16 numbers are computed, with the default resolved.
  var resolvedNarrowTypes: OptimizationPipeline.NarrowTypes {
    narrowTypes ?? (precision == .exact ? .rounded : .widened)
  }

  /// The passes that a graph goes through before it is planned.
  package var passes: OptimizationPipeline { passes(inBody: false) }

  /// Returns the passes for a graph or for a body. Passes for bodies do not expand weights ahead of
  /// time, because a model may have many bodies.
  func passes(inBody: Bool) -> OptimizationPipeline {
    guard optimize else { return .asWritten }
    return OptimizationPipeline(
      foldsBatchNormalization: foldBatchNormalization, narrowTypes: resolvedNarrowTypes, expandsWeights: !inBody)
  }
}
