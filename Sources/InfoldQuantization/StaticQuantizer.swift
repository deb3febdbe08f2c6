import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Quantizes a float network to 8 bits, with ranges of its values that samples have shown.
///
/// ```swift
/// let quantizer = try StaticQuantizer(Model(path: "resnet18.onnx"))
/// let network = try quantizer.quantize(samples)
/// try network.model.write(to: "resnet18-int8.onnx")
/// ```
///
/// The network is in QDQ form: what runs quantized stands between DequantizeLinear and QuantizeLinear (ONNX, opset 13).
public struct StaticQuantizer: Sendable {
  private let model: Model
  private let plan: QuantizationPlan
  private let options: QuantizationOptions
  private let session: SessionOptions

  /// What became of the batch normalizations.
  public let folding: FoldReport
  /// The opset of the original, where it had to be raised.
  public let raisedFrom: Int?

  /// Prepares for a model.
  /// - Parameters:
  ///   - original: A float network.
  ///   - options: How it is quantized.
  ///   - session: How samples are run through it.
  /// - Throws: `InfoldError` with `.invalidArgument` for a model that is quantized already, in which there is nothing to quantize, or
  ///   without a node that is excluded, and for a percentage that is not above 50 and at most 100; `.unsupported`, naming the node, for what Infold cannot run, or cannot bring to opset 13.
  public init(
    _ original: Model, options: QuantizationOptions = QuantizationOptions(), session: SessionOptions = SessionOptions()
  ) throws(InfoldError) {
    try options.method.check()
    let preparation = try NetworkPreparation(original)
    model = preparation.model
    folding = preparation.folding
    raisedFrom = original.opsetVersion() == model.opsetVersion() ? nil : original.opsetVersion()
    plan = try QuantizationPlan(model.graph, excluding: options.excluded, aliases: preparation.aliases)
    self.options = options
    self.session = session
  }

  /// The opset of the quantized network.
  public var opset: Int { model.opsetVersion() ?? OpsetRaise.target }

  /// The nodes that compute with quantized numbers.
  public var operationCount: Int { plan.operations.count }

  /// What could be quantized and is not, with the reasons.
  public var refusals: [PassResult.Entry] { plan.refusals }

  /// Runs the samples through the float network, and quantizes it.
  /// - Parameters:
  ///   - count: The number of samples, at least 1.
  ///   - progress: Is told how many are done.
  ///   - sample: Gives the tensors of a sample by the names of the model's inputs.
  /// - Throws: What `sample` throws; `InfoldError` with `.invalidArgument` for samples that do not fit the model, and that names the
  ///   value for a number that is not finite; `.unsupported`, naming the node, for weights that 8 bits cannot hold.
  public func quantize(
    count: Int, progress: (Int) -> Void = { _ in }, sample: SampleSource
  ) throws(InfoldError) -> QuantizedNetwork {
    guard count > 0 else { throw InfoldError(.invalidArgument, "there are no samples to find ranges with") }
    let ranges = try Calibrator(model, plan.values, options.method, session)
      .ranges(count: count, sample, progress: progress)
    var rewriter = QDQRewriter(model, plan, ranges)
    return try rewriter.rewritten()
  }

  /// Runs the samples through the float network, and quantizes it.
  /// - Parameter samples: The tensors of each sample by the names of the model's inputs; at least one sample.
  /// - Throws: As `quantize(count:progress:sample:)`.
  public func quantize(_ samples: [[String: Tensor]]) throws(InfoldError) -> QuantizedNetwork {
    try quantize(count: samples.count) { index throws(InfoldError) in samples[index] }
  }

  /// Runs the samples through the float and the quantized network, and compares their values.
  /// - Parameters:
  ///   - network: What `quantize` has made of the model.
  ///   - count: The number of samples.
  ///   - progress: Is told how many are done.
  ///   - sample: Gives the tensors of a sample by the names of the model's inputs.
  /// - Throws: As `quantize(count:progress:sample:)`.
  public func compare(
    _ network: QuantizedNetwork, count: Int, progress: (Int) -> Void = { _ in }, sample: SampleSource
  ) throws(InfoldError) -> QuantizationComparison {
    try NetworkComparer(model, network, plan.values, session).compare(count: count, sample, progress: progress)
  }
}
