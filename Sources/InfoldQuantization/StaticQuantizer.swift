import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Quantizes a float network to 8 bits, with ranges from samples or from batch normalization
/// statistics.
///
/// ```swift
/// let quantizer = try StaticQuantizer(Model(path: "resnet18.onnx"))
/// let network = try quantizer.quantize(samples)
/// try network.model.write(to: "resnet18-int8.onnx")
/// ```
///
/// The result is in QDQ format: quantized operations have DequantizeLinear before and
/// QuantizeLinear after them (ONNX, opset 13).
public struct StaticQuantizer: Sendable {
  private let preparation: NetworkPreparation
  private let plan: QuantizationPlan
  private let options: QuantizationOptions
  private let session: SessionOptions

  /// The opset of the original model if it had to be raised; otherwise `nil`.
  public let raisedFrom: Int?

  /// Prepares a model for quantization.
  /// - Parameters:
  ///   - original: A float network.
  ///   - options: How to quantize it.
  ///   - session: How to run samples through it.
  /// - Throws: `InfoldError` with `.invalidArgument` if the model is already quantized or contains
  ///   nothing to quantize, if an excluded node does not exist, or if an option is out of range;
  ///   `.unsupported`, naming the node, if a node cannot be converted to opset 13, or if a body
  ///   captures values.
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

  /// The report on the folded batch normalizations.
  public var folding: FoldReport { preparation.folding }

  /// The opset of the quantized network.
  public var opset: Int { preparation.model.opsetVersion() ?? OpsetRaise.target }

  /// The number of nodes that can compute with quantized numbers.
  public var operationCount: Int { plan.operations.count }

  /// The nodes that could be quantized and are not, with reasons.
  public var refusals: [PassResult.Entry] { plan.refusals }

  /// Measures ranges on samples, and quantizes the network.
  ///
  /// The effect of each method of the options is measured on at most 64 of the samples. A method
  /// that makes the outputs worse is discarded, except for the choice of ranges and of float nodes.
  /// - Parameters:
  ///   - count: The number of samples, at least 1.
  ///   - progress: Receives the progress.
  ///   - sample: Returns the tensors of a sample, by input name.
  /// - Throws: Any error from `sample`; `InfoldError` with `.invalidArgument` if samples do not fit
  ///   the model or, naming the value, if a number is not finite; `.unsupported`, naming the node,
  ///   if Infold cannot run it, or for weights that 8 bits cannot hold.
  public func quantize(
    count: Int, progress: (QuantizationProgress) -> Void = { _ in }, sample: SampleSource
  ) throws(InfoldError) -> QuantizedNetwork {
    guard count > 0 else {
      throw InfoldError(.invalidArgument, "there are no samples to determine ranges with; give at least one")
    }
    return try withoutActuallyEscaping(sample) { sample throws(InfoldError) in
      try quantize(
        Evidence(count: count, sample: sample, expectations: preparation.expectations, session: session), progress)
    }
  }

  /// Measures ranges on samples, and quantizes the network.
  /// - Parameter samples: The tensors of each sample by input name, for at least one sample.
  /// - Throws: The errors of `quantize(count:progress:sample:)`.
  public func quantize(_ samples: [[String: Tensor]]) throws(InfoldError) -> QuantizedNetwork {
    try quantize(count: samples.count) { index throws(InfoldError) in samples[index] }
  }

  /// Quantizes the network without samples. Its batch normalizations give each channel the mean
  /// beta and the standard deviation gamma.
  ///
  /// Ranges extend six standard deviations to either side of the mean (Nagel et al., arXiv
  /// 1906.04721). Random pictures determine the ranges that the statistics leave open, as in a
  /// network without batch normalization. They run through the network with batch normalization
  /// statistics recomputed for them. All methods of the options are applied.
  /// - Parameters:
  ///   - shapes: Input shapes by name. They are required for inputs with dynamic dimensions besides
  ///     the batch size.
  ///   - ranges: Known input ranges by name. The range of any other input comes from random
  ///     pictures, scaled to the brightness that the first batch normalization implies.
  ///   - progress: Receives the progress.
  /// - Throws: `InfoldError` with `.invalidArgument` if shapes or ranges are missing or do not fit,
  ///   or, naming the value, if a number is not finite; `.unsupported`, naming the node, for
  ///   weights that 8 bits cannot hold.
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

  /// Runs the random pictures of `quantizeWithoutSamples` through the float and the quantized
  /// network, and compares their values.
  /// - Parameters:
  ///   - network: The result of `quantizeWithoutSamples`.
  ///   - shapes: The shapes passed to `quantizeWithoutSamples`.
  ///   - ranges: The ranges passed to `quantizeWithoutSamples`.
  ///   - progress: Receives the number of pictures done.
  /// - Throws: The errors of `quantizeWithoutSamples`.
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

  /// Whether quantization needs information that batch normalizations do not provide.
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
  ///   - network: The result of `quantize`.
  ///   - count: The number of samples.
  ///   - progress: Receives the number of samples done.
  ///   - sample: Returns the tensors of a sample, by input name.
  /// - Throws: The errors of `quantize(count:progress:sample:)`.
  public func compare(
    _ network: QuantizedNetwork, count: Int, progress: (Int) -> Void = { _ in }, sample: SampleSource
  ) throws(InfoldError) -> QuantizationComparison {
    try NetworkComparer(network.reference, network, network.plan.values, session)
      .compare(count: count, sample, progress: progress)
  }
}

extension Graph {
  /// Whether another graph has the same values and nodes in the same order; constants may differ.
  fileprivate func hasSameNodes(as other: Graph) -> Bool {
    nodes.count == other.nodes.count && values.count == other.values.count
      && zip(nodes, other.nodes).allSatisfy {
        $0.opType == $1.opType && $0.inputs == $1.inputs && $0.outputs == $1.outputs
      }
      && valueIDs.allSatisfy { self[$0].name == other[$0].name }
  }
}
