import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Collects the statistics of the inputs of a model's batch normalizations over a data set.
///
/// ```swift
/// let collector = try StatisticsCollector(Model(path: "model.onnx"))
/// let statistics = try collector.collect(sampleCount: samples.count) { ["input": samples[$0]] }
/// try statistics.model().write(to: "new.onnx")
/// ```
public struct StatisticsCollector: Sendable {
  /// Options of a collection.
  public struct Options: Sendable, Hashable {
    /// The number of samples of a mini-batch. `nil` for about 32.
    public var batchSize: Int?
    /// Whether every activation has its own mean and variance. Otherwise, only normalizations with
    /// `spatial` = 0 have statistics per activation, and all others per feature map.
    public var perActivation: Bool
    /// Whether the input of each normalization is computed with the new statistics of earlier ones.
    /// Otherwise it is computed by the unchanged model.
    public var isSequential: Bool
    /// The estimator of the variance.
    public var estimator: BatchStatistics.Estimator

    /// Creates options.
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

  /// The number of samples of a mini-batch. The last may have fewer.
  public let batchSize: Int

  private let model: Model
  /// The model's graph, with the constants of Constant nodes recorded.
  private let graph: Graph
  private let options: Options
  private let sessionOptions: SessionOptions
  /// The normalizations, with the granularity of the statistics of each.
  private let layers: [(id: NodeID, granularity: BatchStatistics.Granularity)]
  /// The number of samples that the model takes in a run. `nil` for any number.
  private let runSize: Int?
  private let memoryLimit: Int

  /// Prepares to collect statistics of a model.
  /// - Throws: `InfoldError` with `.invalidArgument` if the model has no batch normalization, its
  ///   inputs have no batch dimension, or the batch size does not fit it; `.unsupported`, listing
  ///   all of them at once, for nodes that Infold cannot run; the errors of `checkReplaceable()` if
  ///   the collection is sequential.
  public init(
    _ model: Model, options: Options = Options(), session: SessionOptions = SessionOptions()
  ) throws(InfoldError) {
    try self.init(
      model, options: options, session: session, memoryLimit: session.memoryLimit ?? MachineMemory.defaultLimit)
  }

  /// - Parameter memoryLimit: The most bytes that a sequential collection may keep between two
  ///   nodes.
  package init(
    _ model: Model, options: Options, session: SessionOptions, memoryLimit: Int
  ) throws(InfoldError) {
    var graph = model.graph
    graph.recordConstants()
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

  /// Checks that every normalization can be given new statistics, before collecting them.
  /// - Throws: The errors of `ModelStatistics.model()`.
  public func checkReplaceable() throws(InfoldError) {
    let rewriter = StatisticsRewriter(model.graph)
    for (id, granularity) in layers { try rewriter.check(id, per: granularity) }
  }

  /// The first dimension of the inputs, if the model fixes it.
  static func runSize(of graph: Graph) throws(InfoldError) -> Int? {
    var found: (size: Int, input: String)?
    for id in graph.requiredInputs {
      guard let shape = graph[id].type?.shape else { continue }
      let name = String(quoting: graph[id].name)
      guard let batch = shape.first else {
        throw InfoldError(.invalidArgument, "the input \(name) is a scalar, and has no batch dimension")
      }
      guard let size = batch.size else { continue }
      if let found, found.size != size {
        throw InfoldError(
          .invalidArgument,
          "shape mismatch: the inputs \(found.input) and \(name) have first dimensions of \(found.size) and \(size), but both must "
            + "be the batch size")
      }
      found = (size, name)
    }
    return found?.size
  }
}

extension StatisticsCollector {
  /// Collects the statistics.
  ///
  /// Without `isSequential`, the data set runs through the model once, and memory holds only the
  /// values of one mini-batch. A sequential collection computes node by node for the whole data
  /// set, so that the statistics of a layer are complete before later nodes read its output. It
  /// keeps the values that are live between two nodes for all samples at once.
  /// - Parameters:
  ///   - sampleCount: The number of samples, at least 1.
  ///   - progress: Called with the number of samples that are done and their total; in a sequential
  ///     collection, with the number of nodes.
  ///   - sample: Returns the tensors of a sample by the names of the model's inputs. Their first
  ///     dimension is the batch, and is 1 for a single sample.
  /// - Throws: The errors of `sample` and `BatchStatistics.variance(_:)`; `InfoldError` with
  ///   `.invalidArgument` if samples do not fit the model or each other, or if an input of a
  ///   normalization is not finite; the error of an operator, naming its node; `.limitExceeded` if
  ///   a sequential collection does not fit into memory.
  public func collect(
    sampleCount: Int, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
    sample: (Int) throws(InfoldError) -> [String: Tensor]
  ) throws(InfoldError) -> ModelStatistics {
    guard sampleCount > 0 else { throw InfoldError(.invalidArgument, "there are no samples to collect statistics of") }
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
          // Fails early, rather than after the whole data set.
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
