import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Runs a data set through a model in mini-batches, and takes the statistics of what its batch normalizations see.
public struct StatisticsCollector: Sendable {
  /// What is collected, and how.
  public struct Options: Sendable, Hashable {
    /// The samples of a mini-batch; `nil` for about 32.
    public var batchSize: Int?
    /// Whether every activation has its own mean and variance. Otherwise those have it whose normalization has
    /// (`spatial` = 0), and the others have one per feature map.
    public var perActivation: Bool
    /// Whether each normalization sees what the ones before it give with the new statistics. Otherwise all of them see
    /// what the model computes as it is.
    public var isSequential: Bool
    /// Which variance is taken.
    public var estimator: BatchStatistics.Estimator

    /// Options.
    public init(
      batchSize: Int? = nil, perActivation: Bool = false, isSequential: Bool = false,
      estimator: BatchStatistics.Estimator = .population
    ) {
      self.batchSize = batchSize
      self.perActivation = perActivation
      self.isSequential = isSequential
      self.estimator = estimator
    }
  }

  /// The number of samples of a mini-batch, but for the last, which may have fewer.
  public let batchSize: Int

  private let model: Model
  /// The model's graph, in which the constants that nodes hold are known.
  private let graph: Graph
  private let options: Options
  private let sessionOptions: SessionOptions
  /// The normalizations, and what has its own mean in each.
  private let layers: [(id: NodeID, granularity: BatchStatistics.Granularity)]
  /// The samples that the model takes at a time; `nil` for any number.
  private let runSize: Int?
  private let memoryLimit: Int

  /// Prepares for a model.
  /// - Throws: `InfoldError` with `.invalidArgument` when the model has no batch normalization, or inputs without a
  ///   batch, or the batch size does not fit it; `.unsupported`, listing all of them at once, for nodes that Infold
  ///   cannot run, and as `checkReplaceable()` when the collection is sequential.
  public init(
    _ model: Model, options: Options = Options(), session: SessionOptions = SessionOptions()
  ) throws(InfoldError) {
    try self.init(
      model, options: options, session: session, memoryLimit: session.memoryLimit ?? MachineMemory.defaultLimit)
  }

  /// - Parameter memoryLimit: The bytes that a sequential collection may hold between two nodes.
  package init(
    _ model: Model, options: Options, session: SessionOptions, memoryLimit: Int
  ) throws(InfoldError) {
    var graph = model.graph
    graph.learnConstants()
    self.graph = graph
    layers = graph.nodeIDs.compactMap { id in
      guard let normalization = graph[id].typed as? BatchNormalization else { return nil }
      return (id, options.perActivation || !normalization.isSpatial ? .activation : .featureMap)
    }
    guard !layers.isEmpty else {
      throw InfoldError(
        .invalidArgument, "the model has no batch normalization", hint: "it may have been folded into the weights",
        file: model.path)
    }
    self.model = model
    self.options = options
    sessionOptions = session
    self.memoryLimit = memoryLimit
    runSize = try annotatingErrors({ model.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try graph.requireNoOpaqueNodes()
      return try Self.runSize(of: graph)
    }
    let multiple = runSize ?? 1
    batchSize = options.batchSize ?? max(multiple, 32 - 32 % max(multiple, 1))
    _ = try MiniBatches(sampleCount: 0, size: batchSize, runSize: runSize)
    if options.isSequential { try checkReplaceable() }
  }

  /// Checks that every normalization can be given new statistics, before the work of collecting them.
  /// - Throws: As `ModelStatistics.model()`.
  public func checkReplaceable() throws(InfoldError) {
    let rewriter = StatisticsRewriter(model.graph)
    for (id, granularity) in layers { try rewriter.check(id, per: granularity) }
  }

  /// The first dimension of the inputs, where the model fixes it.
  static func runSize(of graph: Graph) throws(InfoldError) -> Int? {
    var found: (size: Int, input: String)?
    for id in graph.requiredInputs {
      guard let shape = graph[id].type?.shape else { continue }
      let name = String(quoting: graph[id].name)
      guard let batch = shape.first else {
        throw InfoldError(.invalidArgument, "the input \(name) is a single number, and cannot be a mini-batch")
      }
      guard let size = batch.size else { continue }
      if let found, found.size != size {
        throw InfoldError(
          .invalidArgument,
          "the inputs \(found.input) and \(name) begin with dimensions of \(found.size) and \(size), which cannot both "
            + "be the mini-batch")
      }
      found = (size, name)
    }
    return found?.size
  }
}

extension StatisticsCollector {
  /// Collects.
  ///
  /// In one sweep the data set runs through the model once, and what is held in memory is what one mini-batch needs.
  /// A sequential collection computes every node once for every sample too, but node by node for the whole data set, so
  /// that the statistics of a layer are complete before the next one sees its output: it holds what is live between two
  /// nodes for all samples at once.
  /// - Parameters:
  ///   - sampleCount: The number of samples, at least 1.
  ///   - progress: Is told how many parts of how many are done.
  ///   - sample: Gives the tensors of a sample by the names of the model's inputs. Their first dimension is that of the
  ///     batch, and is 1 for a single sample.
  /// - Throws: What `sample` throws; `InfoldError` with `.invalidArgument` for samples that do not fit the model or each
  ///   other, for an input of a normalization that is not finite, and as `BatchStatistics.variance(_:)`; the error of
  ///   an operator, naming its node; `.limitExceeded` when a sequential collection does not fit into memory.
  public func collect(
    sampleCount: Int, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
    sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) -> ModelStatistics {
    guard sampleCount > 0 else { throw InfoldError(.invalidArgument, "there are no samples to take statistics of") }
    let batches = try MiniBatches(sampleCount: sampleCount, size: batchSize, runSize: runSize)
    let collected =
      options.isSequential
      ? try collectSequentially(batches, progress, sample)
      : try collectInOneSweep(batches, sampleCount, progress, sample)
    return ModelStatistics(collected, of: model)
  }

  private func collectInOneSweep(
    _ batches: MiniBatches, _ sampleCount: Int, _ progress: (Int, Int) -> Void,
    _ sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) -> [ModelStatistics.Layer] {
    var observed = model
    observed.graph.outputs = Array(Set(layers.map { model.graph[$0.id].inputs[0]! })).sorted()
    let session = try Session(observed, options: sessionOptions)
    var statistics = layers.map { BatchStatistics(layout: .nchw, per: $0.granularity) }
    var batches = batches
    progress(0, sampleCount)
    while let runs = try batches.next(sample) {
      var sums = layers.map { MiniBatchStatistics(layout: .nchw, per: $0.granularity) }
      for run in runs {
        let seen = try session.run(run)
        for (index, layer) in layers.enumerated() {
          let node = model.graph[layer.id]
          try atNode(layer.id) { () throws(InfoldError) in
            try sums[index].add(seen[model.graph[node.inputs[0]!].name]!)
          }
        }
      }
      for (index, layer) in layers.enumerated() {
        try atNode(layer.id) { () throws(InfoldError) in
          try statistics[index].add(sums[index])
          // Known as soon as it is wrong, not when everything has run.
          if options.estimator == .paper { _ = try statistics[index].variance(.paper) }
        }
      }
      progress(batches.samplesRead, sampleCount)
    }
    var collected: [ModelStatistics.Layer] = []
    for (layer, statistics) in zip(layers, statistics) {
      collected.append(try ModelStatistics.Layer(layer.id, in: graph, statistics, options.estimator))
    }
    return collected
  }

  private func collectSequentially(
    _ batches: MiniBatches, _ progress: (Int, Int) -> Void, _ sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) -> [ModelStatistics.Layer] {
    var sweep = try SequentialSweep(model.graph, memoryLimit: memoryLimit)
    try sweep.load(batches, sample)
    var granularities = Dictionary(uniqueKeysWithValues: layers.map { ($0.id, $0.granularity) })
    var collected: [ModelStatistics.Layer] = []
    let count = layers.last!.id.index + 1
    for id in model.graph.nodeIDs.prefix(count) {
      progress(id.index, count)
      guard let granularity = granularities.removeValue(forKey: id) else {
        try sweep.evaluate(id)
        continue
      }
      let statistics = try sweep.statistics(of: model.graph[id].inputs[0]!, per: granularity, at: id)
      let layer = try ModelStatistics.Layer(id, in: graph, statistics, options.estimator)
      collected.append(layer)
      if !granularities.isEmpty { try sweep.normalize(layer) }
    }
    return collected
  }

  private func atNode(_ id: NodeID, _ body: () throws(InfoldError) -> Void) throws(InfoldError) {
    try annotatingErrors({ $0.atNode(model.graph.label(of: model.graph[id])) }, body)
  }
}
