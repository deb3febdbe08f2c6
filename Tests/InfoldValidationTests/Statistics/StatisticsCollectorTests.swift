import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

@Suite struct StatisticsCollectorTests {
  private let known = KnownStatistics()

  private func collect(_ model: Model, _ options: StatisticsCollector.Options) throws -> ModelStatistics {
    try StatisticsCollector(model, options: options)
      .collect(sampleCount: KnownStatistics.samples) { n throws(InfoldError) in try known.sample(n) }
  }

  @Test(
    arguments: [BatchStatistics.Granularity.featureMap, .activation], [false, true])
  func recoversKnownStatistics(granularity: BatchStatistics.Granularity, isSequential: Bool) throws {
    let expected = known.expected(granularity, sequential: isSequential)
    for batchSize in [1, 2, 3, 4, 7, 10, 32] {
      let found = try collect(
        known.model(),
        .init(batchSize: batchSize, perActivation: granularity == .activation, isSequential: isSequential))
      #expect(found.layers.map(\.name) == ["bn1", "bn2"])
      for (layer, expected) in zip(found.layers, expected) {
        #expect(distance(layer.mean, expected.mean) < 1e-6, "\(layer.name) at \(batchSize)")
        #expect(distance(layer.variance, expected.variance) < 1e-6, "\(layer.name) at \(batchSize)")
        #expect(layer.statistics.samples == 10 && layer.statistics.batches == (10 + batchSize - 1) / batchSize)
        #expect(layer.statistics.count == (granularity == .featureMap ? 60 : 10))
        #expect(layer.storedMean == [0.25, -2] && layer.storedVariance == [0.5, 1.25])
      }
    }
  }

  @Test func saysWhatItIsOf() throws {
    let found = try collect(known.model(), .init(batchSize: 4))
    #expect("\(found)" == "statistics of 2 batch normalizations, over 10 samples")
    let layer = found.layers[0]
    #expect(
      "\(layer)" == "\(layer.label): mean and variance of 2 feature maps, over 10 samples in 3 mini-batches")
    #expect("\(BatchStatistics(layout: .nchw, per: .featureMap))" == "statistics of no mini-batch")
    let activations = try collect(known.model(), .init(batchSize: 10, perActivation: true)).layers[0].statistics
    #expect("\(activations)" == "mean and variance of 12 activations, over 10 samples in 1 mini-batch")
  }

  @Test func estimators() throws {
    let variance = known.expected(.featureMap, sequential: false).map(\.variance)
    let unbiased = try collect(known.model(), .init(estimator: .unbiased))
    for (layer, variance) in zip(unbiased.layers, variance) {
      #expect(distance(layer.variance, variance.map { $0 * 60 / 59 }) < 1e-6)
    }
    // A mini-batch of 2 samples is 12 consecutive numbers k, with a variance of (12² − 1)/12, not (60² − 1)/12.
    let paper = try collect(known.model(), .init(batchSize: 2, estimator: .paper))
    for (layer, variance) in zip(paper.layers, variance) {
      let share: Double = 12.0 / 11 * 143 / 3599
      #expect(distance(layer.variance, variance.map { $0 * share }) < 1e-6)
    }
    #expect(throws: InfoldError.self) { try collect(known.model(), .init(batchSize: 4, estimator: .paper)) }
    #expect(throws: InfoldError.self) {
      try collect(known.model(), .init(batchSize: 1, perActivation: true, estimator: .paper))
    }
  }

  /// A model with a fixed batch size runs a mini-batch in pieces. The paper's estimator does not
  /// depend on them.
  @Test(arguments: [false, true]) func fixedBatch(isSequential: Bool) throws {
    let options = StatisticsCollector.Options(batchSize: 10, isSequential: isSequential, estimator: .paper)
    let open = try collect(known.model(), options)
    for batch in [1, 2, 5] {
      let fixed = try collect(known.model(batch: .fixed(batch)), options)
      for (a, b) in zip(open.layers, fixed.layers) {
        #expect(distance(a.mean, b.mean) < 1e-12 && distance(a.variance, b.variance) < 1e-12)
        #expect(b.statistics.batches == 1)
      }
    }
    #expect(try StatisticsCollector(known.model(batch: 5)).batchSize == 30)
    #expect(try StatisticsCollector(known.model(batch: 40)).batchSize == 40)
    for (batch, size) in [(2, 5), (4, 4), (0, 4)] {
      let code = try errorCode {
        _ = try collect(known.model(batch: .fixed(batch)), .init(batchSize: size, isSequential: isSequential))
      }
      #expect(code == .invalidArgument)
    }
  }

  /// One sample may have several rows of the data set.
  @Test func samplesOfSeveralRows() throws {
    let all = try (0..<10).map { try known.sample($0)["x"]!.elements(as: Float.self) }
    let cuts = [0..<3, 3..<4, 4..<10]
    let files = try cuts.map { try Tensor(shape: [$0.count, 2, 2, 3], all[$0].flatMap { $0 }) }
    let collector = try StatisticsCollector(known.model(), options: .init(batchSize: 4))
    var steps: [Int] = []
    let found = try collector.collect(sampleCount: files.count, progress: { done, _ in steps.append(done) }) {
      index throws(InfoldError) in ["x": files[index]]
    }
    let expected = try collect(known.model(), .init(batchSize: 4))
    for (a, b) in zip(found.layers, expected.layers) {
      #expect(a.mean == b.mean && a.variance == b.variance && a.statistics.batches == 3)
    }
    #expect(steps == [0, 2, 3, 3])
  }

  @Test(arguments: [false, true]) func refusesSamples(isSequential: Bool) throws {
    func code(_ tensors: [[String: Tensor]], batchSize: Int = 4, memoryLimit: Int = .max) throws -> InfoldError.Code? {
      try errorCode {
        let collector = try StatisticsCollector(
          known.model(), options: .init(batchSize: batchSize, isSequential: isSequential), session: .init(),
          memoryLimit: memoryLimit)
        _ = try collector.collect(sampleCount: tensors.count) { index throws(InfoldError) in tensors[index] }
      }
    }
    func x(_ shape: [Int], _ type: ElementType = .float32) throws -> [String: Tensor] {
      ["x": try Tensor(zeros: shape, of: type)]
    }
    #expect(try code([x([1, 2, 2, 3]), x([3, 2, 2, 3])]) == nil)
    #expect(try code([]) == .invalidArgument)
    #expect(try code([x([1, 2, 2, 3])], batchSize: 0) == .invalidArgument)
    #expect(try code([[:]]) == .invalidArgument)
    #expect(try code([["y": Tensor(zeros: [1, 2, 2, 3], of: .float32)]]) == .invalidArgument)
    #expect(try code([x([])]) == .invalidArgument)
    #expect(try code([x([0, 2, 2, 3])]) == .invalidArgument)
    #expect(try code([x([1, 2, 2, 3], .float64)]) == .invalidArgument)
    #expect(try code([x([1, 2, 2, 3], .uint4)]) == .unsupported)
    #expect(try code([x([1, 2, 3, 2])]) == .invalidArgument)
    #expect(try code([x([1, 2, 2, 3]), x([1, 2, 4, 3])]) == .invalidArgument)
    #expect(try code([x([1, 2, 2, 3]), ["y": Tensor(zeros: [1, 2, 2, 3], of: .float32)]]) == .invalidArgument)
    #expect(try code([["x": Tensor(repeating: Float.nan, shape: [1, 2, 2, 3])]]) == .invalidArgument)
    #expect(try code([["x": Tensor(repeating: Float.infinity, shape: [1, 2, 2, 3])]]) == .invalidArgument)
    if isSequential { #expect(try code([x([100, 2, 2, 3])], memoryLimit: 4900) == .limitExceeded) }
  }

  @Test func refusesModels() throws {
    func code(_ build: (inout NetworkBuilder) throws -> ValueID) throws -> InfoldError.Code? {
      var builder = NetworkBuilder(opset: 13)
      let output = try build(&builder)
      let model = Model(graph: try builder.finished(output), opsetImports: [Model.OpsetImport(version: 13)])
      return try errorCode { _ = try StatisticsCollector(model) }
    }
    #expect(try code { try $0.node("Relu", [$0.input(["N", 2])]) } == .invalidArgument)
    #expect(
      try code {
        let sum = try $0.node("Add", [$0.input(["N", 2]), $0.input([], "y")])
        return try $0.normalization(sum, channels: 2)
      } == .invalidArgument)
    #expect(
      try code {
        let sum = try $0.node("Add", [$0.input([4, 2]), $0.input([1, 2], "y")])
        return try $0.normalization(sum, channels: 2)
      } == .invalidArgument)
    #expect(
      try code {
        let x = try $0.node("Whatever", [$0.input(["N", 2])])
        return try $0.normalization(x, channels: 2)
      } == .unsupported)
  }
}
