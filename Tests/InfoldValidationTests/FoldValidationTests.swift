import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Validations of small networks: correct folds pass, and each error is reported at its place.
@Suite struct FoldValidationTests {
  /// Conv (3 × 3, padded), BatchNormalization and Relu, twice.
  private func network(seed: UInt64 = 1) throws -> Model {
    var network = NetworkBuilder(seed: seed)
    let x = network.input([1, 3, 8, 8])
    var y = x
    for (filters, channels) in [(6, 3), (4, 6)] {
      let weight = try network.weights([filters, channels, 3, 3])
      y = try network.node("Conv", [y, weight], ["pads": .ints([1, 1, 1, 1])])
      y = try network.node("Relu", [network.normalization(y, channels: filters)])
    }
    return Model(graph: try network.finished(y), opsetImports: [Model.OpsetImport(version: 13)])
  }

  private func samples(_ model: Model, count: Int = 2) throws -> [FoldValidation.Sample] {
    var random = SplitMix64(seed: 7)
    return try (0..<count).map { index in
      var inputs: [String: Tensor] = [:]
      for id in model.graph.requiredInputs {
        inputs[model.graph[id].name] = try random.tensor(model.graph[id].type!.shape!.sizes!)
      }
      return FoldValidation.Sample(name: "sample \(index)", inputs: inputs)
    }
  }

  private func folded(_ model: Model) throws -> Model {
    var folded = model
    folded.graph = try FoldBatchNormalization().fold(model.graph).graph
    return folded
  }

  private func prove(_ model: Model, folded: Model? = nil) throws -> ValidationReport {
    try FoldValidation(model, folded: folded).run(try samples(model))
  }

  /// Changes the constant that is input `input` of the `place`-th node of this operator.
  private func change(
    _ model: inout Model, _ opType: String, _ place: Int = 0, input: Int, _ transform: (inout [Float]) -> Void
  ) throws {
    let node = model.graph.nodes.filter { $0.opType == opType }[place]
    let id = try #require(node.inputs[input])
    let tensor = try #require(model.graph.constant(id))
    var elements: [Float] = try tensor.elements()
    transform(&elements)
    model.graph[id].initializer = Initializer(try Tensor(shape: tensor.shape, elements))
  }

  @Test func passesItsOwnFold() throws {
    let report = try prove(try network())
    #expect(report.passed, "\(report.reasons)")
    #expect(report.sites.count == 2)
    #expect(report.sites.allSatisfy { $0.state == .folded && $0.passed })
    #expect(report.normalizations.total == 2)
    #expect(report.normalizations.folded == 2)
    #expect(report.constants.notCorrectlyRounded == 0)
    #expect(report.constants.count == 6 * 27 + 6 + 4 * 54 + 4)
    #expect(report.constants.largestWeightError > 0 && report.constants.largestWeightError <= 1)
    let tightest = try #require(report.tightestSite)
    #expect(report.sites[tightest].numbers!.folded.shareOfBound > 0)
    #expect(report.outputs[0].differingElements > 0)
    #expect(report.outputs[0].cosineSimilarity! > 0.999999)
  }

  @Test func leavesNothingToProveOfAFoldedModel() throws {
    let folded = try folded(network())
    for report in [try prove(folded), try prove(folded, folded: folded)] {
      #expect(report.outcome == .nothingToValidate && !report.passed)
      #expect(report.reasons.contains { $0.contains("--folded") })
      #expect(report.outputs[0].elements > 0)
    }
    #expect(try prove(network()).outcome == .passed)
  }

  /// Each report describes its outcome in one line.
  @Test func saysTheOutcome() throws {
    let model = try network()
    let right = try prove(model)
    #expect("\(right)" == "passed: 2 of 2 batch normalizations folded, compared on 2 inputs")
    let constantsAlone = try FoldValidation(model).run([])
    #expect("\(constantsAlone)" == "passed: 2 of 2 batch normalizations folded")
    let site = right.sites[0]
    #expect("\(site)".hasPrefix("\(site.node), folded: passed, at "))
    #expect("\(site)".hasSuffix(" of its bound, 0 of 168 constants wrong"))
    #expect("\(right.outputs[0])".hasPrefix("output \"\(right.outputs[0].name)\": largest difference "))

    var changed = try folded(model)
    try change(&changed, "Conv", 1, input: 2) { $0[3] += 1 }
    let wrong = try prove(model, folded: changed)
    #expect("\(wrong)".hasPrefix("failed: \(wrong.reasons[0])"))
    #expect("\(wrong)".hasSuffix("2 of 2 batch normalizations folded, compared on 2 inputs"))
    #expect("\(wrong.sites[1])".contains(", folded: failed"))
    #expect("\(wrong.constants)" == "1 of 388 constants wrong, the worst in bias channel 3")

    let nothing = try prove(folded(model))
    #expect("\(nothing)" == "nothing to validate: \(nothing.reasons[0])")
    for text in ["\(right)", "\(wrong)", "\(nothing)", "\(site)", "\(wrong.sites[1])"] { #expect(!text.contains("\n")) }
  }

  @Test func refusesAFileThatIsNotFolded() throws {
    let model = try network()
    let error = #expect(throws: InfoldError.self) { _ = try FoldValidation(model, folded: model) }
    #expect(error?.code == .invalidArgument && error?.reason.contains("is not folded") == true)
  }

  /// Validates what a session runs for a float16 network, a variance of zero and a large mean.
  @Test func isOfWhatASessionRuns() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4, 5, 5], of: .float16)
    let parameters = try [[1, 1, 1, 1], [-1.6, 0.7, -1.9, 0.6], [200, 200, 200, 200], [0, 0, 0, 0]].map {
      network.constant(try Tensor(shape: [4], $0 as [Float]).converted(to: .float16))
    }
    let y = try network.node("BatchNormalization", [network.node("Relu", [x])] + parameters)
    let model = Model(graph: try network.finished(y), opsetImports: [Model.OpsetImport(version: 13)])
    let numbers = [Float](repeating: 200, count: 100)
    let input = ["x": try Tensor(shape: [1, 4, 5, 5], numbers).converted(to: .float16)]
    let result = try #require(try Session(model).run(input).values.first).numbers()
    let isRight = zip(result, [-1.6, 0.7, -1.9, 0.6].flatMap { Array(repeating: $0, count: 25) })
      .allSatisfy { abs($0 - $1) < 0.01 }
    let report = try FoldValidation(model).run([FoldValidation.Sample(name: "one", inputs: input)])
    #expect(report.passed == isRight, "\(report.reasons)")
  }

  /// Many operators without a counterpart are reported in one line.
  @Test func saysInOneLineThatAFileIsAnotherNetwork() throws {
    var networks: [Model] = []
    for size in [1, 3] {
      var network = NetworkBuilder(seed: UInt64(size))
      var y = network.input([1, 3, 8, 8])
      for _ in 0..<6 {
        y = try network.node(
          "Conv", [y, network.weights([3, 3, size, size])], ["pads": .ints(Array(repeating: Int64(size / 2), count: 4))]
        )
      }
      let z = try network.normalization(y, channels: 3)
      networks.append(
        Model(
          graph: try network.finished(network.node("Relu", [z], name: "end")),
          opsetImports: [Model.OpsetImport(version: 13)]))
    }
    let report = try prove(networks[0], folded: try folded(networks[1]))
    #expect(!report.passed)
    #expect(report.reasons.count { $0.contains("counterpart") } == 2, "\(report.reasons)")
  }

  @Test func passesAFileThatIsFolded() throws {
    let model = try network()
    let report = try prove(model, folded: try folded(model))
    #expect(report.passed, "\(report.reasons)")
    #expect(report.sites.allSatisfy { $0.state == .folded })
  }

  /// Folds like other tools: every operation is rounded to single precision, and the convolution's
  /// output is renamed.
  @Test func passesAFileThatWasFoldedInSinglePrecision() throws {
    let model = try network()
    var file = try folded(model)
    for place in 0..<2 {
      let parameters = try model.graph.nodes.filter { $0.opType == "BatchNormalization" }[place].inputs.dropFirst().map
      {
        try model.graph.constant($0!)!.elements(as: Float.self)
      }
      let scale = zip(parameters[0], parameters[3]).map { $0 / ($1 + 1e-5).squareRoot() }
      let weight = try model.graph.constant(model.graph.nodes.filter { $0.opType == "Conv" }[place].inputs[1]!)!
        .elements(as: Float.self)
      try change(&file, "Conv", place, input: 1) { elements in
        let length = elements.count / scale.count
        for index in elements.indices { elements[index] = weight[index] * scale[index / length] }
      }
      try change(&file, "Conv", place, input: 2) { elements in
        for index in elements.indices { elements[index] = parameters[1][index] - parameters[2][index] * scale[index] }
      }
    }
    for id in file.graph.valueIDs
    where file.graph[id].initializer == nil && !file.graph.inputs.contains(id)
      && !file.graph.outputs.contains(id)
    {
      file.graph[id].name = "renamed\(id.index)"
    }
    let report = try prove(model, folded: file)
    #expect(report.passed, "\(report.reasons)")
    #expect(report.constants.notCorrectlyRounded > 0)
  }

  @Test func namesAWeightThatIsOffByOnePartInAHundredThousand() throws {
    let model = try network()
    var file = try folded(model)
    try change(&file, "Conv", 1, input: 1) { $0[123] *= 1.00001 }
    let report = try prove(model, folded: file)
    #expect(!report.passed)
    #expect(report.sites.map(\.passed) == [true, false])
    let worst = try #require(report.sites[1].constants.worst)
    #expect(worst.constant == .weight)
    #expect(worst.element == 123)
    #expect(worst.channel == 123 / 54)
    #expect(report.constants.wrong == 1)
    #expect(
      report.reasons.contains { $0.contains("conv3") && $0.contains("weight element 123 (channel 2)") },
      "\(report.reasons)")
  }

  @Test func namesABiasThatIsWrong() throws {
    let model = try network()
    var file = try folded(model)
    try change(&file, "Conv", input: 2) { $0[4] += 1e-4 }
    let report = try prove(model, folded: file)
    #expect(!report.passed)
    let worst = try #require(report.sites[0].constants.worst)
    #expect(worst.constant == .bias)
    #expect(worst.element == 4)
  }

  @Test func findsANormalizationWhoseEpsilonWasIgnored() throws {
    let model = try network()
    var ignorant = model
    ignorant.graph.replaceNodes(
      try model.graph.nodes.map { node in
        node.opType == "BatchNormalization" ? try node.replacing(attributes: ["epsilon": .float(0)]) : node
      })
    let report = try prove(model, folded: try folded(ignorant))
    #expect(!report.passed)
    #expect(report.sites.allSatisfy { !$0.passed && $0.constants.wrong > 0 })
  }

  @Test func findsAnInfiniteWeight() throws {
    let model = try network()
    var file = try folded(model)
    try change(&file, "Conv", input: 1) { $0[0] = .infinity }
    let report = try prove(model, folded: file)
    #expect(!report.passed)
    #expect(report.reasons.contains { $0.contains("outside the range") }, "\(report.reasons)")
  }

  @Test func reportsAFileInWhichSomeAreNotFolded() throws {
    let model = try network()
    var half = model
    // The second normalization cannot be folded: a caller may override its bias.
    let second = model.graph.nodes.filter { $0.opType == "BatchNormalization" }[1]
    half.graph.inputs.append(second.inputs[2]!)
    half.graph = try FoldBatchNormalization().fold(half.graph).graph
    half.graph.inputs.removeLast()
    let report = try prove(model, folded: half)
    #expect(report.passed, "\(report.reasons)")
    #expect(report.sites.map(\.state) == [.folded, .notFolded])
    #expect(report.normalizations.folded == 1)
    #expect(report.notes.contains { $0.contains("1 of 2 batch normalizations are not folded") })
  }

  @Test func refusesAnotherModel() throws {
    let model = try network()
    var other = model
    other.graph[other.graph.outputs[0]].name = "other"
    let code = try errorCode { _ = try FoldValidation(model, folded: other) }
    #expect(code == .invalidArgument)
  }

  @Test func findsAnOperatorTooMany() throws {
    let model = try network()
    var file = try folded(model)
    let ones = try Tensor(shape: [4, 4, 1, 1], Array(repeating: Float(1), count: 16))
    let weights = file.graph.add(
      Value(
        name: "more.weights", type: TensorType(.float32, Shape(ones.shape)), initializer: Initializer(ones)))
    let output = file.graph.outputs[0]
    let more = file.graph.add(Value(name: "more", type: file.graph[output].type))
    file.graph.add(try Node(opType: "Conv", opsetVersion: 13, inputs: [output, weights], outputs: [more]))
    (file.graph[output].name, file.graph[more].name) = ("last", file.graph[output].name)
    file.graph.outputs = [more]
    let report = try prove(model, folded: file)
    #expect(!report.passed)
    #expect(report.reasons.contains { $0.contains("no counterpart") }, "\(report.reasons)")
  }

  /// With a large mean and a small deviation, the folded form is much closer to the ground truth.
  @Test func saysWhenFoldingIsCloser() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 16, 16])
    let weight = try network.weights([4, 2, 1, 1])
    let mean = network.constant(try Tensor(shape: [4], [Float](repeating: 1000, count: 4)))
    let ones = network.constant(try Tensor(shape: [4], [Float](repeating: 1, count: 4)))
    let y = try network.node("Conv", [x, weight, mean])
    let z = try network.node("BatchNormalization", [y, ones, try network.weights([4]), mean, ones])
    let model = Model(graph: try network.finished(z), opsetImports: [Model.OpsetImport(version: 13)])
    let report = try prove(model)
    #expect(report.passed, "\(report.reasons)")
    #expect(report.sites[0].numbers!.improvement! > 50)
    #expect(report.notes.contains { $0.contains("reduced the error by a factor") }, "\(report.notes)")
  }

  @Test func countsChannelsWithoutVariance() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let y = try network.node("Conv", [x, network.weights([3, 2, 1, 1])])
    let parameters = try (0..<3).map { _ in try network.weights([3], in: 0.5...1) }
    let variance = network.constant(try Tensor(shape: [3], [1, 0, 1e-6] as [Float]))
    let z = try network.node("BatchNormalization", [y] + parameters + [variance])
    let model = Model(graph: try network.finished(z), opsetImports: [Model.OpsetImport(version: 13)])
    let report = try prove(model)
    #expect(report.passed, "\(report.reasons)")
    #expect(report.sites[0].channelsWithoutVariance == 2)
  }
}
