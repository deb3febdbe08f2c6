import InfoldGraph
import InfoldSystem

/// Folds batch normalization, and the scales and shifts per channel that exporters write in its place, into the weights
/// of the convolution or matrix product before it, or behind it where that is exact.
///
/// With s = γ / √(σ² + ε) the new weights are w′ = w · s and b′ = β + (b − μ) · s: computed in double precision from the
/// original numbers, and rounded once, however many nodes are folded into one operator (Ioffe and Szegedy, arXiv
/// 1502.03167, section 3.2, for the normalization of convolutions).
public struct FoldBatchNormalization: GraphPass {
  public static let name = "fold batch normalization"

  /// The pass.
  public init() {}

  public func run(on graph: consuming Graph) throws(InfoldError) -> PassResult {
    // Functions, and branches that are known, have been put in their places by a pass before this one.
    var folding = NestedFolding(for: graph, opens: false)
    let (folded, report) = try folding.fold(consume graph)
    return PassResult(
      graph: folded,
      changes: (report.sites.map { ($0.node, $0.absorbed) } + report.innerSites.map { ($0.node, $0.absorbed) })
        .map { PassResult.Entry(node: $0.0, "took in \($0.1.joined(separator: ", "))") },
      refusals: report.refusals.map { PassResult.Entry(node: $0.node, $0.reason) })
  }

  /// Folds what can be folded exactly, also in the bodies of If and Loop. A function that the model defines, or a branch that is
  /// always taken, takes the place of its node where something in it is folded, and only there. Constants that are computed of
  /// others are computed where folding needs them. Weights of a graph that is handed over and shared with nobody are changed where
  /// they are; others are copied.
  /// - Precondition: The types of the graph's values have been inferred.
  /// - Returns: The folded graph, and what was done at each place and why not at others.
  /// - Throws: `InfoldError` with `.limitExceeded` when memory cannot be had.
  public func fold(_ graph: consuming Graph) throws(InfoldError) -> FoldedGraph {
    var folding = NestedFolding(for: graph)
    let (graph, report) = try folding.fold(consume graph)
    return FoldedGraph(graph: graph, report: report)
  }
}
