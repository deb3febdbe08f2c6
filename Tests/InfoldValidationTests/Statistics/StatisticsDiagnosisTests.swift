import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import InfoldValidation
import RealModule
import TestSupport
import Testing

@Suite struct StatisticsDiagnosisTests {
  /// Compares the diagnosis of known statistics with plain arithmetic.
  @Test func agreesWithPlainArithmetic() throws {
    let known = KnownStatistics()
    let statistics = try StatisticsCollector(known.model())
      .collect(sampleCount: KnownStatistics.samples) { n throws(InfoldError) in try known.sample(n) }
    let diagnosis = StatisticsDiagnosis(statistics)
    #expect(diagnosis.samples == KnownStatistics.samples && diagnosis.layers.count == statistics.layers.count)
    for (layer, measured) in zip(diagnosis.layers, statistics.layers) {
      let mean = try #require(measured.storedMean), variance = try #require(measured.storedVariance)
      var divergence = 0.0
      for channel in mean.indices {
        let stored = variance[channel] + measured.epsilon
        let shift = (measured.mean[channel] - mean[channel]) / stored.squareRoot()
        let ratio = (measured.variance[channel] + measured.epsilon) / stored
        #expect(layer.shifts[channel] == shift && layer.varianceRatios[channel] == ratio)
        let logarithm: Double = .log(ratio)
        divergence += 0.5 * (ratio - 1 - logarithm)
        divergence += 0.5 * shift * shift
      }
      divergence /= Double(mean.count)
      #expect(abs(layer.divergence! - divergence) <= 1e-12 * divergence)
      #expect(layer.fits == (divergence < 0.5) && layer.deadChannels.isEmpty)
    }
  }

  /// Per activation, each mean is compared with that of its feature map.
  @Test func takesStatisticsPerActivation() throws {
    let known = KnownStatistics()
    let statistics = try StatisticsCollector(known.model(), options: .init(perActivation: true))
      .collect(sampleCount: KnownStatistics.samples) { n throws(InfoldError) in try known.sample(n) }
    let layer = try #require(StatisticsDiagnosis(statistics).layers.first)
    #expect(layer.channels == KnownStatistics.channels)
    #expect(layer.shifts.count == KnownStatistics.channels * KnownStatistics.positions)
  }

  /// y = Conv1×1(Relu(BN(Conv1×1(x)))), with a filter of zeros; `pads` of the second convolution and β of the dead channel vary.
  private func network(beta: Float, pads: Int, adds: Bool = false) throws -> Model {
    var network = NetworkBuilder(seed: 3)
    let x = network.input(["N", 3, 4, 4])
    var weights: [Float] = try network.random.tensor([12], in: 0.5...1).elements()
    for index in 3..<6 { weights[index] = 0 }
    let conv = try network.node("Conv", [x, network.constant(try Tensor(shape: [4, 3, 1, 1], weights))])
    func four(_ values: [Float]) throws -> ValueID { network.constant(try Tensor(shape: [4], values)) }
    let bn = try network.node(
      "BatchNormalization",
      [conv, four([1, 1, 1, 1]), four([0.5, beta, 0.5, 0.5]), four([0, 0, 0, 0]), four([1, 0, 1, 1])], name: "bn")
    var y = try network.node("Relu", [bn])
    if adds { y = try network.node("Add", [y, conv]) }
    let kernel = pads == 0 ? 1 : 3
    let out = try network.node(
      "Conv", [y, network.weights([2, 4, kernel, kernel])], ["pads": .ints(Array(repeating: Int64(pads), count: 4))])
    return Model(graph: try network.finished(out), opsetImports: [Model.OpsetImport(version: 13)])
  }

  private func diagnosis(_ model: Model, _ samples: Int = 3) throws -> (ModelStatistics, StatisticsDiagnosis) {
    var random = SplitMix64(seed: 5)
    let inputs = try (0..<samples).map { _ in try random.tensor([1, 3, 4, 4]) }
    let statistics = try StatisticsCollector(model).collect(sampleCount: samples) { ["x": inputs[$0]] }
    return (statistics, StatisticsDiagnosis(statistics))
  }

  /// Removing a dead channel removes its filter of 3 weights, 4 parameters of the normalization,
  /// and an input channel of the consumer.
  @Test(arguments: [(0.5, 0, 2), (-1, 1, 18)] as [(Float, Int, Int)]) func countsWhatRemovalSaves(
    beta: Float, pads: Int, read: Int
  ) throws {
    let (_, found) = try diagnosis(try network(beta: beta, pads: pads))
    #expect(found.layers[0].deadChannels == [1] && found.deadChannelCount == 1)
    #expect(found.removal.constantChannels == 1 && found.removal.removableChannels == 1)
    #expect(found.removal.parameters == 3 + 4 + read)
    let all = 12 + 16 + 2 * 4 * read / 2
    #expect(abs(found.removal.parameterShare - Double(3 + 4 + read) / Double(all)) < 1e-12)
    // A quarter of the filters of the first convolution, and of the channels that the second reads.
    #expect(abs(try #require(found.removal.multiplicationShare) - 0.25) < 1e-12)
  }

  /// Zero padding keeps a channel whose constant is not 0, and a sum keeps every channel.
  @Test(arguments: [(0.5, 1, false), (-1, 0, true)] as [(Float, Int, Bool)])
  func keepsWhatOthersNeed(beta: Float, pads: Int, adds: Bool) throws {
    let (_, found) = try diagnosis(try network(beta: beta, pads: pads, adds: adds))
    #expect(
      found.removal.constantChannels == 1 && found.removal.removableChannels == 0 && found.removal.parameters == 0)
  }

  /// Through a depthwise convolution, a channel is removed from the convolutions before and after
  /// it.
  @Test func followsDepthwiseConvolutions() throws {
    var network = NetworkBuilder(seed: 3)
    let x = network.input(["N", 3, 4, 4])
    let conv = try network.node("Conv", [x, network.weights([4, 3, 1, 1], in: 0.5...1)])
    let relu = try network.node("LeakyRelu", [try network.normalization(conv, channels: 4, name: "first")])
    var weights: [Float] = try network.random.tensor([36], in: 0.5...1).elements()
    for index in 18..<27 { weights[index] = 0 }
    let depthwise = try network.node(
      "Conv", [relu, network.constant(try Tensor(shape: [4, 1, 3, 3], weights))],
      ["group": .int(4), "pads": .ints([1, 1, 1, 1])])
    let second = try network.node("Relu", [try network.normalization(depthwise, channels: 4, name: "second")])
    let out = try network.node("Conv", [second, network.weights([2, 4, 1, 1])])
    let model = Model(graph: try network.finished(out), opsetImports: [Model.OpsetImport(version: 13)])
    let (_, found) = try diagnosis(model)
    #expect(found.layers.map(\.constantChannels) == [[], [2]])
    // The filters of 3 and 9 weights, 4 parameters of each normalization, and an input channel of 2
    // weights.
    #expect(found.removal.removableChannels == 1 && found.removal.parameters == 3 + 9 + 4 + 4 + 2)
  }

  /// The effect of new statistics equals the difference of two sessions.
  @Test func measuresTheEffect() throws {
    let model = try network(beta: 0.5, pads: 0)
    var random = SplitMix64(seed: 5)
    let inputs = try (0..<3).map { _ in try random.tensor([1, 3, 4, 4]) }
    let (statistics, _) = try diagnosis(model)
    let effect = try ReestimationEffect(of: statistics, sampleCount: 3) { ["x": inputs[$0]] }
    let stored = try Session(model), measured = try Session(statistics.model())
    var largest = 0.0
    for input in inputs {
      let a = try stored.run(input).numbers(), b = try measured.run(input).numbers()
      largest = max(largest, zip(a, b).map { ($0 - $1).magnitude }.max()!)
    }
    let output = try #require(effect.outputs.first)
    #expect(effect.samples == 3 && output.largestDifference == largest && largest > 0.01)
    #expect(output.cosine! < 1 && output.elements == 3 * 2 * 16)
  }

  @Test func pageHoldsEveryLayer() throws {
    let (_, found) = try diagnosis(try network(beta: 0.5, pads: 0))
    let html = StatisticsPage(found, model: "folder/<b>.onnx").html
    #expect(html.contains("Statistics of &lt;b&gt;.onnx") && !html.contains("<b>.onnx") && !html.contains("folder/"))
    #expect(html.contains("<td data-name=\"layer\">bn</td>") && html.contains("class=\"dots second\""))
    for reference in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "nan", "inf\""] {
      #expect(!html.contains(reference), "\(reference)")
    }
  }
}
