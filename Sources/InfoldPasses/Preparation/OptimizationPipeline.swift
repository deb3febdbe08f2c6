import InfoldGraph
import InfoldSystem

/// The passes that prepare a graph for running, in stages. Functions and decided branches are
/// inlined, operators that exporters write as several nodes are recognized, batch normalization is
/// folded, and the remaining nodes get forms that only Infold's kernels have.
public struct OptimizationPipeline: Sendable {
  /// A stage between a model's graph and the graph that is planned.
  public enum Stage: Int, Sendable, Hashable, CaseIterable, Comparable, CustomStringConvertible {
    /// The graph is checked for consistency, and operators for what they do not support.
    /// `PreparedModel` does this around the next stage. There is no pass for it.
    case check
    /// Functions, and branches that are always taken, are inlined.
    case inline
    /// Constants are evaluated, identities are removed, and operators that exporters write as
    /// several nodes are recognized.
    case simplify
    /// Batch normalization is folded into weights where that is exact.
    case fold
    /// The remaining normalizations, and operators that ONNX lacks, are rewritten for the kernels.
    case recognize

    public static func < (first: Stage, second: Stage) -> Bool { first.rawValue < second.rawValue }

    public var description: String {
      switch self {
      case .check: "check"
      case .inline: "inline"
      case .simplify: "simplify"
      case .fold: "fold"
      case .recognize: "recognize"
      }
    }
  }

  /// The type in which float16 and bfloat16 are computed, for which there are no kernels.
  public enum NarrowTypes: Sendable, Hashable {
    /// The model's own type. Each node computes in single precision and rounds its results.
    case kept
    /// float32. Results between two nodes are not rounded, except by the model's own Casts.
    case widened
    /// float32, with the results of every node rounded to the model's own type.
    case rounded
  }

  /// The passes in order, with their stages.
  private let entries: [(stage: Stage, pass: any GraphPass)]

  /// The passes in order.
  public var passes: [any GraphPass] { entries.map(\.pass) }

  /// Creates the pipeline of a session.
  /// - Parameters:
  ///   - foldsBatchNormalization: Whether batch normalization is folded into weights where that is
  ///     exact.
  ///   - narrowTypes: The type in which float16 and bfloat16 are computed.
  ///   - expandsWeights: Whether weights that a model expands from a few numbers are evaluated
  ///     ahead of time, up to 128 MB.
  public init(
    foldsBatchNormalization: Bool = true, narrowTypes: NarrowTypes = .widened, expandsWeights: Bool = true
  ) {
    let weightByteLimit = expandsWeights ? ConstantFolding.defaultWeightByteLimit : 0
    let widening: [any GraphPass] =
      narrowTypes == .kept ? [] : [WidenNarrowTypes(roundsResults: narrowTypes == .rounded)]
    let folding: [any GraphPass] = foldsBatchNormalization ? [FoldBatchNormalization()] : []
    let quantizedFolding: [any GraphPass] = foldsBatchNormalization ? [FoldIntoQuantizedWeights()] : []
    // The dequantization of weights that are no longer used must not be evaluated ahead of time.
    let quantization: [any GraphPass] =
      quantizedFolding + [
        RecognizeIntegerProducts(), RecognizeQuantizedOperators(), ExpandWideQuantization(),
        RemoveDeadCode(),
      ]
    self.init([
      (.inline, [InlineBodies(), MaterializeConstants(), ReplaceSequences()]),
      (
        .simplify,
        widening + [ExpandCompositions()] + quantization + [
          ConstantFolding(weightByteLimit: weightByteLimit), RemoveCompleteScatters(), RemoveIdentities(),
          RecognizeActivations(), RecognizeLayerNormalization(), RemoveDeadCode(),
        ]
      ),
      (.fold, folding),
      (
        .recognize,
        [
          MergeParallelConvolutions(), MergeScaleShifts(), NormalizationToScaleShift(), RecognizeChannelShuffles(),
          RecognizeStackExtrema(),
          RecognizeRMSNormalization(), RecognizeGroupNormalization(), RecognizeAttention(),
          RecognizeChannelMixing(), RemoveDeadCode(),
        ]
      ),
    ])
  }

  private init(_ stages: [(Stage, [any GraphPass])]) {
    entries = stages.flatMap { stage, passes in passes.map { (stage, $0) } }
  }

  /// The pipeline of a session without optimization. It removes the same dead nodes as optimization
  /// does, so that both kinds of sessions reject the same models. The remaining nodes are computed
  /// as written.
  package static let asWritten = OptimizationPipeline([
    (.inline, [InlineBodies(), MaterializeConstants(), ReplaceSequences()]),
    (.simplify, [ConstantFolding(.shapes), RemoveDeadCode()]),
  ])

  /// Runs the passes in order.
  /// - Parameters:
  ///   - graph: The graph. Transfer its ownership if it is no longer needed.
  ///   - stages: The stages whose passes are run. All by default.
  ///   - observe: Called with the result of each pass.
  /// - Returns: The graph after the last pass.
  /// - Throws: The error of a pass, and `InfoldError` with `.limitExceeded` if memory cannot be
  ///   allocated.
  public func run(
    on graph: consuming Graph, through stages: ClosedRange<Stage> = .inline ... .recognize,
    observe: (Stage, any GraphPass, PassResult) -> Void = { _, _, _ in }
  ) throws(InfoldError) -> Graph {
    for (stage, pass) in entries where stages.contains(stage) {
      try Interruption.check()
      let result = try pass.run(on: consume graph)
      observe(stage, pass, result)
      graph = result.graph
    }
    return graph
  }
}
