import InfoldGraph
import InfoldOperators
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Each reason for which a batch normalization is not folded, what a session computes for it, and
/// the validation of the results.
@Suite struct UnfoldedNormalizationTests {
  private func report(
    _ graph: Graph, opset: Int = 13, samples: Int = 2, in range: ClosedRange<Float> = -1...1
  ) throws -> ValidationReport {
    let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: opset)])
    var random = SplitMix64(seed: 5)
    let inputs = try (0..<samples).map { index in
      var tensors: [String: Tensor] = [:]
      for id in graph.requiredInputs {
        let type = graph[id].type!
        tensors[graph[id].name] = try random.tensor(type.shape!.sizes!, in: range).converted(to: type.elementType)
      }
      return FoldValidation.Sample(name: "sample \(index)", inputs: tensors)
    }
    return try FoldValidation(model, precisions: [.fast]).run(inputs)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let computation: UnfoldedNormalization.Computation
    let make: @Sendable (inout NetworkBuilder) throws -> [ValueID]

    init(
      _ reason: String, _ computation: UnfoldedNormalization.Computation = .scaleAndShift,
      _ make: @escaping @Sendable (inout NetworkBuilder) throws -> [ValueID]
    ) {
      (testDescription, self.computation, self.make) = (reason, computation, make)
    }
  }

  private static let cases = [
    Case("has another consumer") { network in
      let x = network.input([1, 3, 6, 6])
      let y = try network.node("Conv", [x, network.weights([4, 3, 3, 3])])
      return [try network.node("Add", [network.normalization(y, channels: 4), y])]
    },
    Case("is an output of the graph") { network in
      let x = network.input([1, 3, 6, 6])
      let y = try network.node("Conv", [x, network.weights([4, 3, 3, 3])])
      return [y, try network.node("Relu", [network.normalization(y, channels: 4)])]
    },
    Case("has no weights to fold into") { network in
      let x = network.input([1, 3, 6, 6])
      let y = try network.node("Relu", [network.node("Conv", [x, network.weights([4, 3, 3, 3])])])
      return [try network.node("Relu", [network.normalization(y, channels: 4)])]
    },
    Case("pads with zeros") { network in
      let x = network.input([1, 3, 6, 6])
      let y = try network.normalization(x, channels: 3)
      let attributes: AttributeList = ["pads": .ints([1, 1, 1, 1])]
      return [try network.node("Conv", [y, network.weights([4, 3, 3, 3])], attributes)]
    },
    Case("several consumers") { network in
      let x = network.input([1, 3, 6, 6])
      let y = try network.normalization(x, channels: 3)
      let z = try network.node("Conv", [y, network.weights([3, 3, 1, 1])])
      return [try network.node("Add", [y, z])]
    },
    Case("a caller may override", .definition) { network in
      let x = network.input([1, 3, 6, 6])
      let y = try network.node("Conv", [x, network.weights([4, 3, 3, 3])])
      let mean = network.overridable(try Tensor(shape: [4], [0.1, 0.2, 0.3, 0.4] as [Float]), "mean")
      let parameters = try [network.weights([4]), network.weights([4]), mean, network.weights([4], in: 0.5...2)]
      return [try network.node("BatchNormalization", [y] + parameters)]
    },
    Case("variance + epsilon is not positive", .definition) { network in
      let x = network.input([1, 3, 6, 6])
      let y = try network.node("Conv", [x, network.weights([3, 3, 3, 3])])
      let variance = network.constant(try Tensor(shape: [3], [1, -1, 1] as [Float]))
      let parameters = try [network.weights([3]), network.weights([3]), network.weights([3]), variance]
      return [try network.node("BatchNormalization", [y] + parameters)]
    },
  ]

  @Test(arguments: cases) func explains(_ given: Case) throws {
    var network = NetworkBuilder()
    let outputs = try given.make(&network)
    let report = try report(network.finished(outputs))
    #expect(report.passed, "\(report.reasons)")
    let unfolded = try #require(report.unfoldedNormalizations.first)
    #expect(report.unfoldedNormalizations.count == 1)
    #expect(unfolded.reason.contains(given.testDescription), "\(unfolded.reason)")
    #expect(unfolded.computation == given.computation)
    #expect(unfolded.form == .perFeatureMap && unfolded.passed)
    #expect(unfolded.results.map(\.name) == ["Y"])
    let cost = try #require(unfolded.cost)
    #expect(cost.elements > 0 && cost.multiplications >= cost.elements && cost.shareOfMultiplications > 0)
    #expect(cost.nanoseconds == nil && cost.shareOfTime == nil)
    #expect(!report.reasons.contains { $0.contains("nothing") })
  }

  /// Two parallel convolutions and a normalization are merged into one convolution.
  @Test func asAPartOfAnotherOperator() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4, 9, 9])
    let pads: AttributeList = ["pads": .ints([1, 1, 1, 1])]
    let a = try network.node("Conv", [x, network.weights([4, 4, 3, 3])], pads)
    let b = try network.node("Conv", [x, network.weights([4, 4, 1, 1])])
    let c = try network.normalization(x, channels: 4)
    let report = try report(network.finished(network.node("Add", [network.node("Add", [a, b]), c])))
    #expect(report.passed, "\(report.reasons)")
    #expect(report.unfoldedNormalizations.map(\.computation) == [.merged])
    #expect(report.sessions[0].plannedNodes == 1)
  }

  /// In float16, digits would be lost if the mean is large compared with the deviation.
  @Test func explainsDigitsThatWouldBeLost() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4], of: .float16)
    let weight = network.constant(
      try Tensor(shape: [2, 2, 1, 1], [1, 0.5, 0.25, 1] as [Float]).converted(to: .float16))
    let y = try network.node("Conv", [x, weight])
    let parameters = try [[1, 1], [0.5, 0.5], [40, 40], [0.01, 0.01]].map {
      network.constant(try Tensor(shape: [2], $0 as [Float]).converted(to: .float16))
    }
    let z = try network.node("BatchNormalization", [y] + parameters)
    let report = try report(network.finished(z), in: 25...28)
    let unfolded = try #require(report.unfoldedNormalizations.first)
    #expect(unfolded.reason.contains("too imprecise"), "\(unfolded.reason)")
    #expect(report.passed, "\(report.reasons)")
    #expect(unfolded.results[0].shareOfBound > 0 && unfolded.results[0].shareOfBound <= 1)
  }

  /// One mean and one variance per activation, as an extension of opset 6 and in opset 8.
  @Test(arguments: [6, 8]) func perActivation(opset: Int) throws {
    var network = NetworkBuilder(opset: opset)
    let x = network.input([2, 3, 4, 5])
    let y = try network.node("Conv", [x, network.weights([3, 3, 1, 1])])
    let parameters = try [0.5...2, -1...1, -1...1, 0.1...3].map { try network.weights([3, 4, 5], in: $0) }
    let z = try network.node("BatchNormalization", [y] + parameters, ["spatial": .int(0)])
    let report = try report(network.finished(network.node("Relu", [z])), opset: opset)
    #expect(report.passed, "\(report.reasons)")
    let unfolded = try #require(report.unfoldedNormalizations.first)
    #expect(unfolded.form == .perActivation && unfolded.computation == .scaleAndShift && unfolded.opset == opset)
    #expect(unfolded.reason.contains("spatial=0"))
    let result = try #require(unfolded.results.first)
    #expect(result.elements == 2 * 120 && result.shareOfBound > 0 && result.shareOfBound <= 1)
    #expect(report.reasons.contains { $0.contains("1 batch normalization that is not folded is within") })
  }

  /// The training form, with Y, the running statistics and, before opset 14, the saved statistics.
  @Test(arguments: [(7, 5, 1), (7, 5, 0), (9, 5, 1), (15, 3, 1), (14, 1, 1)]) func training(
    opset: Int, outputs: Int, spatial: Int
  ) throws {
    var network = NetworkBuilder(opset: opset)
    let x = network.input([4, 3, 5, 6])
    let shape = spatial == 1 ? [3] : [3, 5, 6]
    let parameters = try [0.5...2, -1...1, -1...1, 0.1...3].map { try network.weights(shape, in: $0) }
    var attributes: AttributeList = opset >= 14 ? ["training_mode": .int(1)] : [:]
    if opset < 9 { attributes["spatial"] = .int(Int64(spatial)) }
    attributes["momentum"] = .float(0.8)
    let y = try network.nodes("BatchNormalization", [x] + parameters, attributes, outputs: outputs)
    let relu = try network.node("Relu", [y[0]])
    let report = try report(network.finished([relu] + y.dropFirst()), opset: opset)
    #expect(report.outcome == .passed, "\(report.reasons)")
    let unfolded = try #require(report.unfoldedNormalizations.first)
    #expect(unfolded.form == (spatial == 1 ? .training : .trainingPerActivation))
    #expect(unfolded.computation == .batchStatistics)
    #expect(unfolded.reason.contains("training form"))
    #expect(unfolded.miniBatch == (spatial == 1 ? 4 * 30 : 4))
    let names = ["Y", "running mean", "running variance", "saved mean", "saved variance"]
    #expect(unfolded.results.map(\.name) == Array(names.prefix(outputs)))
    for result in unfolded.results {
      #expect(result.elements > 0 && result.shareOfBound <= 1, "\(result)")
      #expect(result.largestMagnitude > 0)
    }
    #expect(unfolded.results[0].shareOfBound > 0)
  }

  /// A mini-batch of one number, whose variance is 0.
  @Test func miniBatchesWithoutSpread() throws {
    var network = NetworkBuilder(opset: 15)
    let x = network.input([1, 3])
    let parameters = try [0.5...2, -1...1, -1...1, 0.1...3].map { try network.weights([3], in: $0) }
    let y = try network.nodes("BatchNormalization", [x] + parameters, ["training_mode": .int(1)], outputs: 3)
    let report = try report(network.finished(y), opset: 15)
    #expect(report.passed, "\(report.reasons)")
    #expect(report.unfoldedNormalizations.first?.miniBatch == 1)
  }

  /// The times of an unfolded normalization are measured on request, and are shown on the page.
  @Test func measuresTimesOnDemand() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 16, 16])
    let y = try network.node("Relu", [x])
    let z = try network.node("Sigmoid", [network.normalization(y, channels: 3)])
    let model = Model(graph: try network.finished(z), opsetImports: [Model.OpsetImport(version: 13)])
    var random = SplitMix64(seed: 5)
    let sample = FoldValidation.Sample(name: "one", inputs: ["x": try random.tensor([1, 3, 16, 16])])
    let report = try FoldValidation(model, precisions: [], measuresTimes: true).run([sample])
    let cost = try #require(report.unfoldedNormalizations.first?.cost)
    let share = try #require(cost.shareOfTime)
    #expect(cost.nanoseconds != nil && (0...1).contains(share))
    let html = ValidationPage(report).html
    #expect(html.contains("Batch normalizations that are not folded") && html.contains("of a run"))
  }

  /// For a normalization in a body, only the reason is reported.
  @Test func inABody() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 6, 6])
    let condition = network.input([], "condition", of: .bool)
    let then = try NetworkBuilder.Branch(of: "x") { network, x in
      try network.normalization(network.node("Relu", [x]), channels: 3)
    }
    let otherwise = try NetworkBuilder.Branch(of: "x") { network, x in try network.node("Relu", [x]) }
    let y = try network.choice(condition, then: then, else: otherwise)
    let model = Model(graph: try network.finished(y), opsetImports: [Model.OpsetImport(version: 13)])
    var random = SplitMix64(seed: 5)
    let inputs = ["x": try random.tensor([1, 3, 6, 6]), "condition": try Tensor(scalar: true)]
    _ = x
    let report = try FoldValidation(model, precisions: [.fast]).run([FoldValidation.Sample(name: "one", inputs: inputs)]
    )
    #expect(report.passed, "\(report.reasons)")
    let unfolded = try #require(report.unfoldedNormalizations.first)
    #expect(unfolded.computation == .inBody && unfolded.results.isEmpty && unfolded.cost == nil)
  }
}
