import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem

/// The statistics of the inputs of a model's batch normalizations over a data set.
public struct ModelStatistics: Sendable {
  /// The statistics of one normalization.
  public struct Layer: Sendable {
    /// The node in the model's graph.
    public let node: NodeID
    /// The node's label in errors.
    public let label: String
    /// The node's name, or the name of its output if the node has none.
    public let name: String
    /// The statistics of the normalization's input.
    public let statistics: BatchStatistics
    /// The means, in row-major order of `statistics.shape`.
    public let mean: [Double]
    /// The variances, by the chosen estimator.
    public let variance: [Double]
    /// The means in the model. `nil` if the model computes them, or has an input without a default
    /// value for them.
    public let storedMean: [Double]?
    /// The variances in the model. `nil` in the same cases as `storedMean`.
    public let storedVariance: [Double]?
    /// The number added to the variance.
    public let epsilon: Double
  }

  /// The statistics of the normalizations, in topological order.
  public let layers: [Layer]
  /// The model whose normalizations these are.
  public let original: Model

  init(_ layers: [Layer], of model: Model) {
    self.layers = layers
    original = model
  }

  /// Returns the model with these statistics instead of its own, each rounded once to the type of
  /// the old one. A constant that other nodes also read is copied. A model with an IR version below
  /// 4 is raised to 4.
  /// - Throws: `InfoldError` with `.unsupported`, naming the node, if the statistics of a
  ///   normalization cannot be replaced: because it is in training form, because a caller may
  ///   override its parameters or the model computes them, or because its statistics are per
  ///   activation and its positions are dynamic; `.limitExceeded` if a number exceeds the range of
  ///   its type.
  public func model() throws(InfoldError) -> Model {
    var rewriter = StatisticsRewriter(original.graph)
    let layers = Dictionary(uniqueKeysWithValues: layers.map { ($0.node, $0) })
    var nodes: [Node] = []
    for id in original.graph.nodeIDs {
      guard let layer = layers[id], let shape = layer.statistics.shape else {
        nodes.append(original.graph[id])
        continue
      }
      try rewriter.check(id, per: layer.statistics.granularity)
      nodes += try rewriter.replacement(of: id, mean: layer.mean, variance: layer.variance, shape: shape)
    }
    var model = original
    model.graph = try rewriter.finished(nodes)
    model.raiseToIRVersion4()
    return model
  }
}

extension ModelStatistics.Layer {
  init(
    _ id: NodeID, in graph: Graph, _ statistics: BatchStatistics, _ estimator: BatchStatistics.Estimator
  ) throws(InfoldError) {
    let node = graph[id]
    self.node = id
    label = graph.label(of: node)
    name = node.name.isEmpty ? graph[node.outputs[0]!].name : node.name
    self.statistics = statistics
    mean = statistics.mean
    variance = try annotatingErrors({ $0.atNode(graph.label(of: node)) }) { () throws(InfoldError) in
      try statistics.variance(estimator)
    }
    func stored(_ index: Int) throws(InfoldError) -> [Double]? {
      guard let input = node.inputs[index] else { return nil }
      return try (graph.constant(input) ?? graph[input].initializer?.tensor)?.numbers()
    }
    storedMean = try stored(3)
    storedVariance = try stored(4)
    epsilon = Double((node.typed as? BatchNormalization)?.epsilon ?? 0)
  }
}
