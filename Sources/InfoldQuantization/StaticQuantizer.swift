import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Quantizes a float network to 8 bits, with ranges of its values that samples have shown, or that batch normalization tells.
///
/// ```swift
/// let quantizer = try StaticQuantizer(Model(path: "resnet18.onnx"))
/// let network = try quantizer.quantize(samples)
/// try network.model.write(to: "resnet18-int8.onnx")
/// ```
///
/// The network is in QDQ form: what runs quantized stands between DequantizeLinear and QuantizeLinear (ONNX, opset 13).
public struct StaticQuantizer: Sendable {
  private let preparation: NetworkPreparation
  private let plan: QuantizationPlan
  private let options: QuantizationOptions
  private let session: SessionOptions

  /// The opset of the original, where it had to be raised.
  public let raisedFrom: Int?

  /// Prepares for a model.
  /// - Parameters:
  ///   - original: A float network.
  ///   - options: How it is quantized.
  ///   - session: How samples are run through it.
  /// - Throws: `InfoldError` with `.invalidArgument` for a model that is quantized already, in which there is nothing to quantize, or
  ///   without a node that is excluded, and for options out of their ranges; `.unsupported`, naming the node, for what Infold cannot run, or
  ///   cannot bring to opset 13.
  public init(
    _ original: Model, options: QuantizationOptions = QuantizationOptions(), session: SessionOptions = SessionOptions()
  ) throws(InfoldError) {
    try options.check()
    preparation = try NetworkPreparation(original)
    let model = preparation.model
    raisedFrom = original.opsetVersion() == model.opsetVersion() ? nil : original.opsetVersion()
    plan = try QuantizationPlan(model.graph, excluding: options.excluded, aliases: preparation.aliases)
    self.options = options
    self.session = session
  }

  /// What became of the batch normalizations.
  public var folding: FoldReport { preparation.folding }

  /// The opset of the quantized network.
  public var opset: Int { preparation.model.opsetVersion() ?? OpsetRaise.target }

  /// The nodes that can compute with quantized numbers.
  public var operationCount: Int { plan.operations.count }

  /// What could be quantized and is not, with the reasons.
  public var refusals: [PassResult.Entry] { plan.refusals }

  /// Runs the samples through the float network, and quantizes it.
  ///
  /// Each method of the options is measured on the samples, at most 64 of them, and left out where the outputs are worse with it.
  /// - Parameters:
  ///   - count: The number of samples, at least 1.
  ///   - progress: Is told how far it is.
  ///   - sample: Gives the tensors of a sample by the names of the model's inputs.
  /// - Throws: What `sample` throws; `InfoldError` with `.invalidArgument` for samples that do not fit the model, and that names the
  ///   value for a number that is not finite; `.unsupported`, naming the node, for weights that 8 bits cannot hold.
  public func quantize(
    count: Int, progress: (QuantizationProgress) -> Void = { _ in }, sample: SampleSource
  ) throws(InfoldError) -> QuantizedNetwork {
    guard count > 0 else { throw InfoldError(.invalidArgument, "there are no samples to find ranges with") }
    return try withoutActuallyEscaping(sample) { sample throws(InfoldError) in
      try quantize(
        Evidence(count: count, sample: sample, expectations: preparation.expectations, session: session), progress)
    }
  }

  /// Runs the samples through the float network, and quantizes it.
  /// - Parameter samples: The tensors of each sample by the names of the model's inputs; at least one sample.
  /// - Throws: As `quantize(count:progress:sample:)`.
  public func quantize(_ samples: [[String: Tensor]]) throws(InfoldError) -> QuantizedNetwork {
    try quantize(count: samples.count) { index throws(InfoldError) in samples[index] }
  }

  /// Quantizes the network by what its batch normalizations say of its values: the mean beta and the deviation gamma of each channel.
  ///
  /// Ranges reach six deviations to either side of the mean (Nagel et al., arXiv 1906.04721). Where nothing is known of a value, as in a
  /// network without batch normalizations, random pictures show it, run through the network with the statistics that its normalizations
  /// would have for them. Every method of the options is used.
  /// - Parameters:
  ///   - shapes: Those of inputs, by name, where the model leaves more open than the batch.
  ///   - ranges: Those of inputs, by name, where they are known; else those of random pictures that are as bright as the first
  ///     batch normalization says.
  ///   - progress: Is told how far it is.
  /// - Throws: `InfoldError` with `.invalidArgument` for shapes and ranges that do not fit, or are missing, and that names the value
  ///   for a number that is not finite; `.unsupported`, naming the node, for weights that 8 bits cannot hold.
  public func quantizeWithoutSamples(
    shapes: [String: [Int]] = [:], ranges: [String: ClosedRange<Double>] = [:],
    progress: (QuantizationProgress) -> Void = { _ in }
  ) throws(InfoldError) -> QuantizedNetwork {
    let unfolded = preparation.unfolded
    let noise = try NoiseSource(unfolded, count: Self.randomPictures, shapes: shapes, ranges: ranges)
      .matched(to: unfolded, session)
    var matched: Model?
    if needsMatching(ranges), let other = noise.modelMatched(unfolded, session) {
      matched = try? NetworkPreparation(other).model
      if let graph = matched?.graph, !graph.hasSameNodes(as: preparation.model.graph) { matched = nil }
    }
    return try quantize(
      Evidence(
        noise, matched: matched, expectations: preparation.expectations, ranges: ranges, session: session), progress)
  }

  /// The number of random pictures.
  public static let randomPictures = 8

  /// Runs the random pictures of `quantizeWithoutSamples` through the float and the quantized network, and compares their values.
  /// - Parameters:
  ///   - network: What `quantizeWithoutSamples` has made of the model.
  ///   - shapes: As there.
  ///   - ranges: As there.
  ///   - progress: Is told how many pictures are done.
  /// - Throws: As `quantizeWithoutSamples`.
  public func compareWithoutSamples(
    _ network: QuantizedNetwork, shapes: [String: [Int]] = [:], ranges: [String: ClosedRange<Double>] = [:],
    progress: (Int) -> Void = { _ in }
  ) throws(InfoldError) -> QuantizationComparison {
    let noise = try NoiseSource(preparation.unfolded, count: Self.randomPictures, shapes: shapes, ranges: ranges)
      .matched(to: preparation.unfolded, session)
    return try compare(network, count: noise.count, progress: progress) { index throws(InfoldError) in
      try noise.sample(index)
    }
  }

  /// Whether more is asked of a value than batch normalizations tell.
  private func needsMatching(_ ranges: [String: ClosedRange<Double>]) -> Bool {
    if options.rounding != .nearest { return true }
    let graph = preparation.model.graph
    return plan.values.contains { preparation.expectations[graph[$0].name] == nil && !graph.inputs.contains($0) }
  }

  private func quantize(
    _ evidence: Evidence, _ progress: (QuantizationProgress) -> Void
  ) throws(InfoldError) -> QuantizedNetwork {
    try withoutActuallyEscaping(progress) { progress throws(InfoldError) in
      try NetworkQuantization(preparation, options, session, progress: progress).run(plan, evidence)
    }
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
    try NetworkComparer(network.reference, network, network.plan.values, session)
      .compare(count: count, sample, progress: progress)
  }
}

extension Graph {
  /// Whether another graph has the same values and nodes in the same order, with other numbers perhaps.
  fileprivate func hasSameNodes(as other: Graph) -> Bool {
    nodes.count == other.nodes.count && values.count == other.values.count
      && zip(nodes, other.nodes).allSatisfy {
        $0.opType == $1.opType && $0.inputs == $1.inputs && $0.outputs == $1.outputs
      }
      && valueIDs.allSatisfy { self[$0].name == other[$0].name }
  }
}
