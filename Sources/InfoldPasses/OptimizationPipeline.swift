import InfoldGraph
import InfoldSystem

/// The passes that prepare a graph for running, in their order.
public struct OptimizationPipeline: Sendable {
  /// The passes.
  public var passes: [any GraphPass]

  /// The passes that a session runs.
  /// - Parameter foldsBatchNormalization: Whether batch normalization is folded into weights where that is exact.
  public init(foldsBatchNormalization: Bool = true) {
    let folding: [any GraphPass] = foldsBatchNormalization ? [FoldBatchNormalization()] : []
    let quantizedFolding: [any GraphPass] = foldsBatchNormalization ? [FoldIntoQuantizedWeights()] : []
    // What dequantizes weights that nobody reads any more is not to be computed ahead.
    let quantization: [any GraphPass] = quantizedFolding + [RecognizeQuantizedOperators(), RemoveDeadCode()]
    passes =
      [InlineBodies()] + quantization
      + [
        ConstantFolding(), RemoveIdentities(), RecognizeActivations(), RecognizeLayerNormalization(), RemoveDeadCode(),
      ] + folding
      + [
        MergeScaleShifts(), NormalizationToScaleShift(), RecognizeChannelShuffles(), RecognizeRMSNormalization(),
        RecognizeGroupNormalization(), RecognizeAttention(), RemoveDeadCode(),
      ]
  }

  /// The passes that a session without optimization runs: every node that is left is computed as it is written, and those
  /// are left that optimization needs as well. A node fails, or is not needed, in both ways alike.
  package static let asWritten = OptimizationPipeline([InlineBodies(), ConstantFolding(.shapes), RemoveDeadCode()])

  /// These passes.
  public init(_ passes: [any GraphPass]) {
    self.passes = passes
  }

  /// Runs the passes one after the other.
  public func run(on graph: consuming Graph) throws(InfoldError) -> Graph {
    for pass in passes {
      try Interruption.check()
      graph = try pass.run(on: consume graph).graph
    }
    return graph
  }
}
