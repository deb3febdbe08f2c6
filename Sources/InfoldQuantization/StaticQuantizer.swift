import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem

/// Quantizes a float network to 8 bits, with ranges of its values that samples have shown.
package struct StaticQuantizer: Sendable {
  private let model: Model
  private let plan: QuantizationPlan
  private let options: QuantizationOptions
  private let session: SessionOptions

  /// What became of the batch normalizations.
  package let folding: FoldReport
  /// The opset of the original, where it had to be raised.
  package let raisedFrom: Int?

  /// Prepares for a model.
  /// - Throws: `InfoldError` with `.invalidArgument` for a model that is quantized already, in which there is nothing to quantize, or
  ///   without a node that is excluded; `.unsupported`, naming the node, for what Infold cannot run, or cannot bring to opset 13.
  package init(
    _ original: Model, options: QuantizationOptions, session: SessionOptions
  ) throws(InfoldError) {
    let preparation = try NetworkPreparation(original)
    model = preparation.model
    folding = preparation.folding
    raisedFrom = original.opsetVersion() == model.opsetVersion() ? nil : original.opsetVersion()
    plan = try QuantizationPlan(model.graph, excluding: options.excluded, aliases: preparation.aliases)
    self.options = options
    self.session = session
  }

  /// The opset of the quantized network.
  package var opset: Int { model.opsetVersion() ?? OpsetRaise.target }

  /// The nodes that compute with quantized numbers.
  package var operationCount: Int { plan.operations.count }

  /// What could be quantized and is not, with the reasons.
  package var refusals: [PassResult.Entry] { plan.refusals }

  /// Runs the samples through the float network, and quantizes it.
  /// - Parameters:
  ///   - count: The number of samples, at least 1.
  ///   - progress: Is told how many are done.
  /// - Throws: What `sample` throws; `InfoldError` with `.invalidArgument` for samples that do not fit the model, and that names the
  ///   value for a number that is not finite; `.unsupported`, naming the node, for weights that 8 bits cannot hold.
  package func quantize(
    count: Int, progress: (Int) -> Void = { _ in }, sample: SampleSource
  ) throws(InfoldError) -> QuantizedNetwork {
    guard count > 0 else { throw InfoldError(.invalidArgument, "there are no samples to find ranges with") }
    let ranges = try Calibrator(model, plan.values, options.method, session)
      .ranges(count: count, sample, progress: progress)
    var rewriter = try QDQRewriter(model, plan, ranges)
    return try rewriter.rewritten()
  }

  /// Runs the samples through the float and the quantized network, and compares their values.
  /// - Throws: As `quantize(count:progress:sample:)`.
  package func compare(
    _ network: QuantizedNetwork, count: Int, progress: (Int) -> Void = { _ in }, sample: SampleSource
  ) throws(InfoldError) -> QuantizationComparison {
    try NetworkComparer(model, network, plan.values, session).compare(count: count, sample, progress: progress)
  }
}
