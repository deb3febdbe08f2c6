import InfoldGraph
import InfoldSystem

/// The passes that prepare a graph for running, in stages: functions and known branches are put in their places, what exporters write as
/// several nodes becomes one, batch normalization is folded, and what is left gets forms that only Infold's kernels have.
public struct OptimizationPipeline: Sendable {
  /// A step on the way from a model's graph to the graph that is planned.
  public enum Stage: Int, Sendable, Hashable, CaseIterable, Comparable, CustomStringConvertible {
    /// The graph fits together, and operators refuse nothing: `PreparedModel` does it, around the next stage, and no pass.
    case check
    /// The bodies of functions, and of branches that are always taken, stand in the places of their nodes.
    case inline
    /// Constants are computed, what does nothing is gone, and one operator stands in the place of what exporters write as several.
    case simplify
    /// Batch normalization is folded into weights where that is exact.
    case fold
    /// What is left of normalizations, and what has no word in ONNX, is written for the kernels.
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

  /// What numbers of float16 and bfloat16 are computed in, for which there are no kernels.
  public enum NarrowTypes: Sendable, Hashable {
    /// In the model's own type: in single precision inside of each node, whose results are rounded.
    case kept
    /// In float32. What is between two nodes is not rounded, but where the model has a Cast.
    case widened
    /// In float32, with the results of every node rounded to the model's own type.
    case rounded
  }

  /// The passes, in their order, with the stages that they belong to.
  private let entries: [(stage: Stage, pass: any GraphPass)]

  /// The passes.
  public var passes: [any GraphPass] { entries.map(\.pass) }

  /// The passes that a session runs.
  /// - Parameters:
  ///   - foldsBatchNormalization: Whether batch normalization is folded into weights where that is exact.
  ///   - narrowTypes: What numbers of float16 and bfloat16 are computed in.
  ///   - expandsWeights: Whether weights that a model expands from a few numbers are computed ahead, up to 128 MB.
  public init(
    foldsBatchNormalization: Bool = true, narrowTypes: NarrowTypes = .widened, expandsWeights: Bool = true
  ) {
    let weightByteLimit = expandsWeights ? ConstantFolding.usualWeightByteLimit : 0
    let widening: [any GraphPass] =
      narrowTypes == .kept ? [] : [WidenNarrowTypes(roundsResults: narrowTypes == .rounded)]
    let folding: [any GraphPass] = foldsBatchNormalization ? [FoldBatchNormalization()] : []
    let quantizedFolding: [any GraphPass] = foldsBatchNormalization ? [FoldIntoQuantizedWeights()] : []
    // What dequantizes weights that nobody reads any more is not to be computed ahead.
    let quantization: [any GraphPass] =
      quantizedFolding + [
        RecognizeIntegerProducts(), RecognizeQuantizedOperators(), ExpandWideQuantization(),
        RemoveDeadCode(),
      ]
    self.init([
      (.inline, [InlineBodies(), SettleConstants(), ReplaceSequences()]),
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

  /// The passes that a session without optimization runs: every node that is left is computed as it is written, and those
  /// are left that optimization needs as well. A node fails, or is not needed, in both ways alike.
  package static let asWritten = OptimizationPipeline([
    (.inline, [InlineBodies(), SettleConstants(), ReplaceSequences()]),
    (.simplify, [ConstantFolding(.shapes), RemoveDeadCode()]),
  ])

  /// Runs the passes one after the other.
  /// - Parameters:
  ///   - graph: The graph; whoever has no more use for it hands it over.
  ///   - stages: Those whose passes are run; all by default.
  ///   - observe: Is told what each pass did.
  /// - Returns: What the last pass has made of the graph.
  /// - Throws: The error of a pass; `InfoldError` with `.limitExceeded`.
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
