import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem

/// The statistics of the inputs of a model's batch normalizations, over a data set.
public struct ModelStatistics: Sendable {
  /// What was found for one normalization.
  public struct Layer: Sendable {
    /// The node in the model's graph.
    public let node: NodeID
    /// How errors call the node.
    public let label: String
    /// The node's name; that of its output where it has none.
    public let name: String
    /// What the normalization sees.
    public let statistics: BatchStatistics
    /// The means, in row-major order of `statistics.shape`.
    public let mean: [Double]
    /// The variances, by the estimator that was asked for.
    public let variance: [Double]
    /// The means that the model has; `nil` where it computes them, or takes them as an input without a default.
    public let storedMean: [Double]?
    /// The variances that the model has; `nil` as `storedMean`.
    public let storedVariance: [Double]?
    /// What the normalization adds to the variance.
    public let epsilon: Double
  }

  /// The normalizations, in topological order.
  public let layers: [Layer]
  /// The model whose normalizations these are.
  public let original: Model

  init(_ layers: [Layer], of model: Model) {
    self.layers = layers
    original = model
  }

  /// The model with these statistics in the place of its own, each rounded once to the type of the old one. A constant
  /// that other nodes read too is copied. A model below IR version 4 is raised to it.
  /// - Throws: `InfoldError` with `.unsupported` that names a normalization that cannot be given statistics: in training
  ///   form, with parameters that are computed or that a caller may override, or per activation without fixed
  ///   positions; `.limitExceeded` for a number that is out of the range of its type.
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
