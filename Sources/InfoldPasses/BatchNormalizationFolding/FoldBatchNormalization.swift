import InfoldGraph
import InfoldSystem

/// Folds batch normalization, and the equivalent per-channel scales and shifts that exporters
/// write, into the weights of the convolution or matrix product before it, or after it where that
/// is exact.
///
/// With s = γ / √(σ² + ε), the new weights are w′ = w · s and b′ = β + (b − μ) · s. They are
/// computed in double precision from the original numbers and rounded once, however many nodes are
/// folded into one operator (Ioffe and Szegedy, arXiv 1502.03167, section 3.2, for the
/// normalization of convolutions).
public struct FoldBatchNormalization: GraphPass {
  public static let name = "fold batch normalization"

  /// Creates the pass.
  public init() {}

  public func run(on graph: consuming Graph) throws(InfoldError) -> PassResult {
    // An earlier pass has already inlined functions and decided branches.
    var folding = NestedFolding(for: graph, opens: false)
    let (folded, report) = try folding.fold(consume graph)
    return PassResult(
      graph: folded,
      changes: (report.sites.map { ($0.node, $0.absorbed) } + report.innerSites.map { ($0.node, $0.absorbed) })
        .map { PassResult.Entry(node: $0.0, "absorbed \($0.1.joined(separator: ", "))") },
      refusals: report.refusals.map { PassResult.Entry(node: $0.node, $0.reason) })
  }

  /// Folds everything that can be folded exactly, including the bodies of If and Loop.
  ///
  /// A model-local function or a branch that is always taken is inlined only if something in it is
  /// folded. Constants that nodes compute from other constants are evaluated where folding needs
  /// them. Weights are modified in place if the graph is passed with exclusive ownership, and
  /// copied otherwise.
  /// - Precondition: The types of the graph's values have been inferred.
  /// - Returns: The folded graph, with the fold sites and the reasons why other nodes were not
  ///   folded.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  public func fold(_ graph: consuming Graph) throws(InfoldError) -> FoldedGraph {
    var folding = NestedFolding(for: graph)
    let (graph, report) = try folding.fold(consume graph)
    return FoldedGraph(graph: graph, report: report)
  }
}
