public import InfoldGraph

/// The passes that prepare a graph for running, in their order.
public struct OptimizationPipeline: Sendable {
  /// The passes.
  public var passes: [any GraphPass]

  /// The passes that a session runs by default.
  public init() {
    passes = [RemoveIdentities(), RemoveDeadCode()]
  }

  /// Runs the passes one after the other.
  public func run(on graph: Graph) throws(InfoldError) -> Graph {
    var graph = graph
    for pass in passes { graph = try pass.run(on: graph).graph }
    return graph
  }
}
