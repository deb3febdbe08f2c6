public import InfoldGraph

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
    let (folded, report) = try fold(consume graph)
    return PassResult(
      graph: folded,
      changes: report.sites.map {
        PassResult.Entry(node: $0.node, "took in \($0.absorbed.joined(separator: ", "))")
      },
      refusals: report.refusals.map { PassResult.Entry(node: $0.node, $0.reason) })
  }

  /// Folds what can be folded exactly. Weights of a graph that is handed over and shared with nobody are changed where they are;
  /// others are copied.
  /// - Precondition: The types of the graph's values have been inferred.
  /// - Returns: The folded graph, and what was done at each place and why not at others.
  /// - Throws: `InfoldError` with `.limitExceeded` when memory cannot be had.
  public func fold(_ graph: consuming Graph) throws(InfoldError) -> (graph: Graph, report: FoldReport) {
    var search = try FoldSearch(consume graph)
    try search.foldBackward()
    try search.foldForward()
    search.keepBiasesOfMatMul()
    return try FoldRewriter(consume search).rewritten()
  }
}
