public import InfoldGraph
import InfoldPasses
public import InfoldRuntime
import RealModule

/// Quantizes models to 8 bits, with ranges that a data set shows: static quantization, written as QuantizeLinear and DequantizeLinear
/// around the operators.
///
/// Batch normalizations are folded first. Weights of Conv, Gemm and MatMul become int8, symmetric, with a scale for each output
/// channel; their biases int32; the values between the operators uint8, each with one scale and zero point (Jacob et al. 2018,
/// arXiv 1712.05877). What other operators compute stays in floats.
public struct Quantizer: Sendable {
  /// The model in floats: what is quantized, with batch normalizations folded.
  public let original: Model

  private let constants: GraphConstants
  private let sites: QuantizationSites
  private let options: QuantizationOptions
  private let sessionOptions: SessionOptions

  /// Prepares for a model.
  /// - Throws: `InfoldError` with `.unsupported` for nodes that Infold cannot run, or whose form cannot be brought to version 13 of the
  ///   operator set; `.invalidArgument` when nothing in the model can be quantized, or an excluded node is not there.
  public init(
    _ model: Model, options: QuantizationOptions = QuantizationOptions(), session: SessionOptions = SessionOptions()
  ) throws(InfoldError) {
    try model.graph.requireNoOpaqueNodes()
    guard !model.graph.nodes.contains(where: { $0.typed is QuantizeLinear || $0.typed is QLinearConv }) else {
      throw InfoldError(.invalidArgument, "the model is quantized already", file: model.path)
    }
    var folded = try FoldBatchNormalization().fold(model).model
    folded.irVersion = max(folded.irVersion, 7)
    folded.graph = try RemoveDeadCode().run(on: try RemoveIdentities().run(on: folded.graph).graph).graph
    folded = try OpsetRaising.raise(folded)
    folded.graph = try RemoveIdentities().run(on: folded.graph).graph
    try folded.graph.inferTypes()
    original = folded
    constants = try GraphConstants(folded.graph)
    sites = try QuantizationSites(constants, excluded: options.excluded)
    guard !sites.nodes.isEmpty else {
      throw InfoldError(.invalidArgument, "the model has no operator that can be quantized", file: model.path)
    }
    self.options = options
    sessionOptions = session
  }

  /// Finds the ranges of values, and quantizes the model.
  /// - Parameters:
  ///   - sampleCount: The number of samples, at least 1.
  ///   - progress: Called with the number of samples done, of both sweeps, and of all.
  ///   - sample: The tensors of a sample, by the names of the inputs. Each is asked for twice.
  /// - Returns: The quantized model, and what it costs.
  /// - Throws: `InfoldError` with `.invalidArgument` for a value that is not finite; what `sample` throws; as `Session`.
  public func quantize(
    sampleCount: Int, progress: (Int, Int) -> Void = { _, _ in },
    sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) -> (model: Model, report: QuantizationReport) {
    let ranges = try ranges(sampleCount: sampleCount, progress: { progress($0, 2 * sampleCount) }, sample: sample)
    var scales: [ValueID: ValueQuantization] = [:]
    for (id, range) in ranges {
      let range = range.range(options.method)
      scales[id] = ValueQuantization(from: range.lowerBound, to: range.upperBound)
    }
    var rewriter = QuantizationRewriter(constants, sites, scales: scales)
    var quantized = original
    quantized.graph = try rewriter.rewritten()
    try quantized.graph.sort()
    try quantized.graph.inferTypes()
    let report = try compare(
      with: quantized, scales, weightErrors: rewriter.weightErrors, sampleCount: sampleCount,
      progress: { progress(sampleCount + $0, 2 * sampleCount) }, sample: sample)
    return (quantized, report)
  }

  /// The model with further outputs: those of its own that are missing among `values`, and these.
  private func observed(_ model: Model, _ values: [ValueID]) -> Model {
    var observed = model
    observed.graph.outputs += values.filter { !model.graph.outputs.contains($0) && !model.graph.inputs.contains($0) }
    return observed
  }

  private func ranges(
    sampleCount: Int, progress: (Int) -> Void, sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) -> [(ValueID, ActivationRange)] {
    let graph = original.graph
    let session = try Session(observed(original, sites.ranged), options: sessionOptions)
    var countsNumbers = false
    if case .percentile = options.method { countsNumbers = true }
    var ranges = sites.ranged.map { ($0, ActivationRange(countsNumbers: countsNumbers)) }
    for index in 0..<sampleCount {
      let inputs = try sample(index)
      let results = try session.run(inputs)
      for place in ranges.indices {
        let name = graph[ranges[place].0].name
        guard let tensor = results[name] ?? inputs[name], tensor.elementType == .float32 else { continue }
        let isFinite = tensor.withSpan(as: Float.self) { ranges[place].1.add($0) }
        guard isFinite else {
          throw InfoldError(
            .invalidArgument, "the value \(String(quoting: name)) is not finite for sample \(index)",
            hint: "exclude the node that makes it")
        }
      }
      progress(index + 1)
    }
    return ranges
  }

  private func compare(
    with quantized: Model, _ scales: [ValueID: ValueQuantization], weightErrors: [(node: String, ratio: Double)],
    sampleCount: Int, progress: (Int) -> Void, sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) -> QuantizationReport {
    let values = sites.values.map(\.id).filter { !original.graph.inputs.contains($0) }
    let truth = try Session(observed(original, values), options: sessionOptions)
    let session = try Session(observed(quantized, values), options: sessionOptions)
    var signals = [Double](repeating: 0, count: values.count), noises = signals
    let output = original.graph[original.graph.outputs[0]].name
    var agreeing = 0
    for index in 0..<sampleCount {
      let inputs = try sample(index)
      let expected = try truth.run(inputs), results = try session.run(inputs)
      for (place, value) in values.enumerated() {
        let name = original.graph[value].name
        guard let a = expected[name], let b = results[name] else { continue }
        a.withSpan(as: Float.self) { a in
          b.withSpan(as: Float.self) { b in
            for element in a.indices {
              let (exact, rounded) = (Double(a[element]), Double(b[element]))
              signals[place] += exact * exact
              noises[place] += (exact - rounded) * (exact - rounded)
            }
          }
        }
      }
      if let a = expected[output], let b = results[output], a.elementType.isFloatingPoint, a.count > 0,
        try a.topK(1)[0].index == b.topK(1)[0].index
      {
        agreeing += 1
      }
      progress(index + 1)
    }
    let scaledAs = Dictionary(uniqueKeysWithValues: sites.values.map { ($0.id, $0.scaledAs) })
    return QuantizationReport(
      values: values.enumerated().map { place, value in
        let scale = scales[scaledAs[value]!]!
        return QuantizationReport.Value(
          name: original.graph[value].name, scale: scale.scale, zeroPoint: Int(scale.zeroPoint),
          signalToNoise: decibels(signals[place] / noises[place]))
      },
      weights: weightErrors.map { QuantizationReport.Weights(node: $0.node, signalToNoise: decibels($0.ratio)) },
      quantizedNodes: sites.nodes.count, nodes: original.graph.nodes.count, samples: sampleCount, agreeing: agreeing)
  }

  /// 10 times the decimal logarithm.
  private func decibels(_ ratio: Double) -> Double? {
    ratio.isFinite && ratio > 0 ? 10 * Double.log10(ratio) : nil
  }
}
